import { setTimeout as delay } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import { execute } from '../../../database/connection/statement.ts';
import { isTransient } from '../../../database/connection/transient.ts';
import type { Database, StoredMerge } from '../../../database/database.ts';
import { beginMergeStatement, findResponses, type ResponseRow } from '../../../database/responses.ts';
import { ModelFailure } from '../../../ports/language-model.ts';
import type { Generation } from '../../answering/generation.ts';
import type { Candidate, GenerationJob } from '../../answering/generation-job.ts';
import { hold } from '../../catalogue/pricing.ts';
import { InvalidInputError } from '../../ground/errors.ts';
import { TextSizes } from '../../ground/tokens.ts';
import { fallbacksOf, type LanePlan, type PromptFiles, planLane } from '../lanes.ts';
import { mergeOfOthers, type UnstoredTurn } from '../new-responses.ts';
import type { Seen } from '../plan.ts';
import { PROMPT_LENGTH_MAX } from '../prompt-input.ts';
import { mergeLengthMin, mergePrompt, textsOfMerge } from './merge-prompt.ts';
import { filesOfMerge } from './prompt-merge.ts';
import { isMergeable } from './sources.ts';

interface MergeStartOptions {
  db: Kysely<Database>;
  generation: Pick<Generation, 'owner' | 'ended'>;
}

interface NewTurnJobs {
  turn: UnstoredTurn;
  /** By lane, as `lanes` are. */
  jobs: readonly GenerationJob[];
  lanes: readonly LanePlan[];
  seen: Omit<Seen, 'bounds'>;
  files: PromptFiles;
}

/** Has the turn's merge, if there is one, begin when the other answers are final. */
export function startMergeLast(options: MergeStartOptions, { turn, jobs, lanes, seen, files }: NewTurnJobs): void {
  const lane = lanes.find(({ merge }) => merge !== undefined);
  const job = lane && jobs.find(({ identity }) => identity.lane === lane.lane);
  if (!lane?.merge || !job) return;
  const sourceIds = jobs.filter((other) => other !== job).map(({ identity }) => identity.id);
  const start = new MergeStart(options, {
    job,
    lane,
    merge: mergeOfOthers(lane.merge, sourceIds),
    question: turn.prompt,
    replan: (prompt) => {
      const { history, system, tier, access } = seen;
      const { model } = lane;
      const { parameters } = turn;
      const sizes = new TextSizes();
      const fallbacks = fallbacksOf(model, access);
      const sent = { prompt, parameters, files: filesOfMerge(files) };
      return planLane({ ...sent, lane: lane.lane, model, fallbacks, history, system, tier, sizes });
    },
  });
  job.begin = (signal) => start.begin(signal);
}

interface WaitingMerge {
  job: GenerationJob;
  /** As it was planned and held before there were answers. */
  lane: LanePlan;
  merge: StoredMerge;
  /** The turn's prompt. */
  question: string;
  /** Plans the lane with what its model is sent. @throws InvalidInputError if that is too long */
  replan: (prompt: string) => LanePlan;
}

/** How often answers are looked at that another process makes final, and how soon a database that is away is asked again. */
const LOOK_MS = 200;

/** A merge that waits for its sources, in the process that was asked for it. If that dies, the merge ends with its lease. */
class MergeStart {
  readonly #options: MergeStartOptions;
  readonly #waiting: WaitingMerge;

  constructor(options: MergeStartOptions, waiting: WaitingMerge) {
    this.#options = options;
    this.#waiting = waiting;
  }

  /**
   * Waits for the sources. Those that are complete are merged, if they are two or more.
   *
   * @returns the models that may be asked, with what they are sent; or why none is
   */
  async begin(signal: AbortSignal): Promise<readonly Candidate[] | ModelFailure> {
    const { db, generation } = this.#options;
    const { job, merge, question } = this.#waiting;
    const sources = (await this.#finalSources(signal)).filter(isMergeable);
    if (sources.length < 2) {
      const found = sources.length === 0 ? 'None' : 'Only one';
      return new ModelFailure('SOURCES_MISSING', `${found} of the answers that were to be merged is complete.`);
    }
    const stored = { ...merge, sourceIds: merge.sourceIds.filter((id) => sources.some((source) => source.id === id)) };
    const texts = textsOfMerge(stored, { prompt: question }, sources);
    if (mergeLengthMin(stored, texts, PROMPT_LENGTH_MAX) > PROMPT_LENGTH_MAX) return tooLong();
    const planned = this.#plan(mergePrompt(stored, texts));
    if (planned instanceof ModelFailure) return planned;
    const begun = { id: job.identity.id, owner: generation.owner, merge: JSON.stringify(stored) };
    const [owned] = await patiently(signal, () =>
      execute(db, beginMergeStatement({ ...begun, inputTokensExpected: planned.inputTokens })),
    );
    // Another process has ended it, and given back what was to pay for it.
    return owned ? planned.candidates : new ModelFailure('INTERNAL', 'The merge is another process’s by now.');
  }

  /** The sources once all of them are final, in whichever process; at the signal's abort as far as they are. */
  async #finalSources(signal: AbortSignal): Promise<ResponseRow[]> {
    const { db, generation } = this.#options;
    const { job, merge } = this.#waiting;
    for (;;) {
      await untilAborted(signal, generation.ended(merge.sourceIds));
      const rows = await patiently(signal, () => findResponses(db, job.identity.userId, merge.sourceIds));
      if (signal.aborted || rows.every(({ finished_at }) => finished_at !== null)) return rows;
      await pause(signal);
    }
  }

  /** The models that can read the answers at no more than was said and held at the prompt. */
  #plan(prompt: string): Pick<LanePlan, 'candidates' | 'inputTokens'> | ModelFailure {
    const { lane, replan } = this.#waiting;
    try {
      const { candidates, inputTokens } = replan(prompt);
      const paid = candidates.flatMap((candidate) => {
        const planned = lane.candidates.find(({ model }) => model.id === candidate.model.id);
        return planned ? within(candidate, planned, lane.maximum) : [];
      });
      return paid.length > 0 ? { candidates: paid, inputTokens } : tooLong();
    } catch (error) {
      if (error instanceof InvalidInputError) return new ModelFailure('CONTEXT_TOO_LONG', error.message);
      throw error;
    }
  }
}

function tooLong(): ModelFailure {
  return new ModelFailure('CONTEXT_TOO_LONG', 'These answers are too long to be merged.');
}

/** The candidate with no longer answer than the credits pay for, whichever way its input is counted; none if not a token. */
function within(candidate: Candidate, planned: Candidate, credits: number): Candidate[] {
  const { model, input } = candidate;
  const isPaid = (tokens: number) => hold(model.prices, input.most, tokens) <= credits;
  let [paid, unpaid] = [0, Math.min(candidate.maxOutputTokens, planned.maxOutputTokens) + 1];
  while (unpaid - paid > 1) {
    const middle = Math.floor((paid + unpaid) / 2);
    if (isPaid(middle)) paid = middle;
    else unpaid = middle;
  }
  if (paid === 0) return [];
  const isBoundByCredits = planned.isBoundByCredits === true || paid < planned.maxOutputTokens;
  return [{ ...candidate, maxOutputTokens: paid, ...(isBoundByCredits && { isBoundByCredits }) }];
}

/** Does the work again while the database is away. @throws what is no fault of the connection, and what comes after the abort */
async function patiently<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isTransient(error) || signal.aborted) throw error;
      await pause(signal);
    }
  }
}

async function pause(signal: AbortSignal): Promise<void> {
  await delay(LOOK_MS, undefined, { signal }).catch(() => {});
}

async function untilAborted(signal: AbortSignal, work: Promise<void>): Promise<void> {
  if (signal.aborted) return;
  const waiting = new AbortController();
  const aborted = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true, signal: waiting.signal });
  });
  await Promise.race([work, aborted]).finally(() => waiting.abort());
}
