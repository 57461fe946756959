import type { Kysely, Transaction } from 'kysely';
import { execute } from '../../database/connection/statement.ts';
import type { Database } from '../../database/database.ts';
import type { TurnRow } from '../../database/turns.ts';
import type { Observer, PromptKind } from '../../ports/observer.ts';
import type { Agents } from '../agents/agents.ts';
import type { Generation } from '../answering/generation.ts';
import type { GenerationJob } from '../answering/generation-job.ts';
import type { LiveResponses } from '../answering/live-responses.ts';
import type { CurrentOffer, Offer } from '../catalogue/offer.ts';
import { type AnswerEnd, type AnswerUnderWay, underWay } from '../following/answer-under-way.ts';
import { DomainError, InsufficientCreditsError } from '../ground/errors.ts';
import { accountTopic, type Notifications, turnTopic } from '../ground/notifications.ts';
import type { CreditWaits } from '../money/credit-waits.ts';
import { makeAccount, type PayingTeam } from '../money/credits.ts';
import type { MonthlyLimit } from '../money/monthly-limit.ts';
import type { Asking } from '../people/members.ts';
import { chosenPayer, teamOf } from '../people/paying-team.ts';
import type { RunningLimits } from './admission.ts';
import { type PlannedAgent, planAgent } from './agents/agent-request.ts';
import { KnownPairs } from './blind/known-pairs.ts';
import { measureCall } from './call-size.ts';
import { admitCall, type CallInput } from './calls.ts';
import { admitMerge, inputLikeMerge, type MergeInput, validatedMerge } from './merging/merging.ts';
import type { Admitted, AdmittedJobs } from './new-responses.ts';
import { AffordableAdmission, type Payment } from './paying/affordable.ts';
import { type RefusedPayment, shownRefusal } from './paying/shown-refusals.ts';
import { type PromptInput, type ValidPrompt, validated } from './prompt-input.ts';
import { type Quote, quotePrompt } from './quote.ts';
import { Room } from './room.ts';
import { type Admitting, type AskingOptions, admitPrompt, earlierPrompt } from './sending.ts';
import { admitContinuation, admitRegeneration } from './versions.ts';

export type { Quote, SentTurn } from './quote.ts';

export interface PromptsOptions {
  db: Kysely<Database>;
  offer: CurrentOffer;
  live: LiveResponses;
  generation: Generation;
  agents: Agents;
  notifications: Notifications;
  leaseMs: number;
  limits: RunningLimits;
  monthlyLimit: MonthlyLimit;
  /** Where prompts and answers wait for credits. */
  waits: CreditWaits;
  /** How long a prompt waits for credits that running answers hold beyond their use, where holds grow. */
  creditPatienceMs: number;
  observer: Observer;
  /** Whether a provider fails at present: its models are not drawn. */
  isDown: (providerId: string) => boolean;
}

/** Takes all that members ask. If a method throws a DomainError, nothing is stored, held or started. */
export class Prompts {
  readonly #options: PromptsOptions;
  readonly #asking: Omit<AskingOptions, keyof Offer>;
  readonly #room: Room;
  readonly #affordable: AffordableAdmission;
  readonly #pairs: KnownPairs;

  constructor(options: PromptsOptions) {
    const { live, generation, limits } = options;
    this.#options = options;
    this.#room = new Room({ live, generation, perProcess: limits.perProcess });
    this.#affordable = new AffordableAdmission(options);
    this.#pairs = new KnownPairs(options.db);
    this.#asking = { ...options, room: this.#room };
  }

  /**
   * Stores the prompt, holds its credits and starts its responses. A repeated idempotency key returns the same turn
   * again.
   *
   * @param signal ends a wait for credits, which is refused then
   */
  async send(asking: Asking, input: PromptInput, signal?: AbortSignal): Promise<TurnRow> {
    const send = (begun: BegunPrompt) => this.#send({ ...begun, ...(signal && { signal }) }, input, false);
    return (await this.#told('prompt', asking, send)).turn;
  }

  /**
   * `send` for a caller who reads the answers here: one for each lane, or none if the prompt was sent before.
   *
   * @param givesImages whether the readers are given the images that models make
   */
  async ask(
    asking: Asking,
    input: PromptInput,
    { givesImages = false } = {},
  ): Promise<{ turn: TurnRow; answers: AnswerUnderWay[] }> {
    return this.#told('prompt', asking, (begun) => this.#send(begun, input, true, givesImages));
  }

  /** Starts a program's call, after holding its credits. @throws DomainError */
  async call(asking: Asking, input: CallInput): Promise<AnswerUnderWay> {
    return this.#told('call', asking, (begun) => this.#call(begun, input));
  }

  async #call(begun: BegunPrompt, input: CallInput): Promise<AnswerUnderWay> {
    const { asking } = begun;
    const { obstacle } = this.#room;
    if (obstacle) throw obstacle;
    // The account is locked while a call is admitted, and others may have to wait for it.
    const size = await measureCall({ ...input, options: input.options ?? {} });
    const options = this.#askingNow();
    const team = teamOf(chosenPayer(asking));
    const { answers } = await this.#admit((admitting) => admitCall(options, admitting, { asking, input, size, team }), {
      begun,
      team,
      isFollowed: true,
      givesImages: input.givesImages ?? false,
    });
    const [answer] = answers;
    // The process began to end while the call was admitted; its lease runs out.
    if (!answer) throw this.#room.obstacle ?? new Error('A call was not started.');
    return answer;
  }

  async #send(begun: BegunPrompt, input: PromptInput, isFollowed: boolean, givesImages = false) {
    const { asking } = begun;
    const options = this.#askingNow();
    const { catalogue } = options;
    const payer = chosenPayer(asking, input.payer);
    const request = validated({ ...input, payer }, catalogue);
    const earlier = earlierPrompt(catalogue, asking, request);
    const { obstacle } = this.#room;
    if (obstacle) {
      // A prompt that was admitted before needs no room.
      const known = earlier ? (await execute(this.#options.db, earlier.statement))[0] : undefined;
      if (!known) throw obstacle;
      earlier?.requireSame(known);
      return { turn: known, answers: [] };
    }
    const agent = await this.#plannedAgent(asking, request);
    const pairs = request.blind && !request.modelIds ? await this.#pairs.now() : null;
    const { admitted, answers } = await this.#admit(
      (admitting) => admitPrompt(options, admitting, { asking, request, earlier, pairs, agent }),
      { begun, team: teamOf(payer), isFollowed, givesImages },
    );
    return { turn: admitted.turn, answers };
  }

  async #plannedAgent(asking: Asking, { agent }: ValidPrompt): Promise<PlannedAgent | null> {
    return agent && planAgent(this.#options, asking, agent);
  }

  /** Asks the prompt of a final response again, in its lane, of the same model or another. */
  async regenerate(asking: Asking, responseId: string, modelId: string | null): Promise<TurnRow> {
    const options = this.#askingNow();
    return this.#version('regeneration', asking, (admitting) =>
      admitRegeneration(options, admitting, { asking, responseId, modelId }),
    );
  }

  /** `regenerate` for an answer of an evaluation, which only the evaluation asks for again. */
  async askAgain(asking: Asking, responseId: string, evaluationId: string): Promise<TurnRow> {
    const options = this.#askingNow();
    return this.#version('regeneration', asking, (admitting) =>
      admitRegeneration(options, admitting, { asking, responseId, evaluationId, modelId: null }),
    );
  }

  /**
   * Has the model of a response that was cut off go on with its text, as a new response in its lane. Repeated, it
   * returns the same turn and starts nothing more.
   */
  async continue(asking: Asking, responseId: string): Promise<TurnRow> {
    const options = this.#askingNow();
    return this.#version('continuation', asking, (admitting) =>
      admitContinuation(options, admitting, { asking, responseId }),
    );
  }

  /** Has a model make one answer of others of their turn, in a new lane. */
  async merge(asking: Asking, input: MergeInput): Promise<TurnRow> {
    const options = this.#askingNow();
    const valid = validatedMerge(input);
    return this.#version('merge', asking, (admitting) => admitMerge(options, admitting, { asking, input: valid }));
  }

  /** As `quote`, for `merge`. */
  async quoteMerge(member: Asking, input: MergeInput): Promise<Quote> {
    const { db } = this.#options;
    const { input: like, merge } = await inputLikeMerge(db, member.id, validatedMerge(input));
    return quotePrompt(this.#askingNow(), member, like, merge);
  }

  async #version(kind: PromptKind, asking: Asking, admission: Admission<Admitted>): Promise<TurnRow> {
    return this.#told(kind, asking, async (begun) => {
      const { obstacle } = this.#room;
      if (obstacle) throw obstacle;
      return (await this.#admit(admission, { begun })).admitted.turn;
    });
  }

  /** Does the work, and tells the observer if it is refused. */
  async #told<Result>(
    kind: PromptKind,
    asking: Asking,
    work: (begun: BegunPrompt) => Promise<Result>,
  ): Promise<Result> {
    const refused = { team: null, required: null };
    const begun: BegunPrompt = { kind, asking, startedAt: Date.now(), at: performance.now(), refused };
    try {
      return await work(begun);
    } catch (error) {
      if (error instanceof DomainError) {
        this.#options.observer.promptRefused({ ...eventOf(begun), refusal: error.name });
      }
      if (!(error instanceof InsufficientCreditsError)) throw error;
      const { catalogue } = this.#options.offer.now;
      throw await shownRefusal({ db: this.#options.db, catalogue }, asking, begun.refused, error);
    }
  }

  /**
   * The credits that `send` would hold, and those it is likely to charge. Checks the tier's number of models, but no
   * rate.
   */
  async quote(member: Asking, input: PromptInput): Promise<Quote> {
    return quotePrompt(this.#askingNow(), member, input);
  }

  /** With the offer of this moment, which a request keeps to its end. */
  #askingNow() {
    const { db } = this.#options;
    return { ...this.#asking, ...this.#options.offer.now, db };
  }

  /** Admits, and starts what was admitted; the answers are given to a caller who follows them. */
  async #admit<Jobs extends AdmittedJobs>(admission: Admission<Jobs>, asked: Asked) {
    const { begun, team, isFollowed = false, givesImages = false } = asked;
    const { notifications, observer } = this.#options;
    let reserved = 0;
    const reserve = (responses: number) => {
      this.#room.reserve(responses);
      reserved += responses;
    };
    const release = () => {
      this.#room.release(reserved);
      reserved = 0;
    };
    try {
      const admit = (payment: Payment) => {
        release();
        const { refused } = begun;
        return this.#transact((trx) => admission({ trx, reserve, refused, ...payment }), { begun, team });
      };
      const admitted = await this.#affordable.admit(begun.asking, admit, begun.signal);
      const { creditAccountId, jobs } = admitted;
      const { origin = null } = begun.asking;
      for (const job of jobs) Object.assign(job, { origin, givesImages });
      const answers = isFollowed ? jobs.flatMap((job) => this.#startFollowed(job)) : [];
      if (!isFollowed) for (const job of jobs) this.#options.generation.start(job);
      const [job] = jobs;
      if (job) {
        const { turnId, conversationId } = job.identity;
        notifications.publish([accountTopic(creditAccountId), turnTopic(turnId)]);
        observer.promptAdmitted({
          ...eventOf(begun),
          turnId,
          conversationId,
          creditAccountId,
          responses: toldOf(jobs),
        });
      }
      return { admitted, answers };
    } finally {
      release();
    }
  }

  #startFollowed(job: GenerationJob): AnswerUnderWay[] {
    const { generation, live } = this.#options;
    const ended = new Promise<AnswerEnd | null>((resolve) => {
      job.onEnd = resolve;
    });
    const response = generation.start(job);
    return response ? [underWay(live, response, ended)] : [];
  }

  /** Runs the transaction, after making the accounts that it found missing. */
  async #transact<Jobs extends AdmittedJobs>(
    admission: (trx: Transaction<Database>) => Promise<Jobs | null>,
    { begun, team }: Pick<Asked, 'begun' | 'team'>,
  ): Promise<Jobs> {
    const { db } = this.#options;
    for (;;) {
      const admitted = await db.transaction().execute(admission);
      if (admitted) return admitted;
      await makeAccount(db, { userId: begun.asking.id });
      if (team) await makeAccount(db, team);
    }
  }
}

/** Admits in a transaction; null: an account is missing. */
type Admission<Jobs extends AdmittedJobs> = (admitting: Admitting) => Promise<Jobs | null>;

/** A prompt that is being admitted. */
interface BegunPrompt {
  kind: PromptKind;
  asking: Asking;
  /** Milliseconds since 1970. */
  startedAt: number;
  /** The same, as `performance.now()`. */
  at: number;
  refused: RefusedPayment;
  /** Ends its wait for credits. */
  signal?: AbortSignal;
}

/** What observers hear of every prompt. */
function eventOf({ kind, asking: { id: memberId, apiKey, origin = null }, startedAt, at }: BegunPrompt) {
  return { kind, origin, memberId, apiKeyId: apiKey?.id ?? null, startedAt, durationMs: performance.now() - at };
}

function toldOf(jobs: readonly GenerationJob[]) {
  return jobs.map(({ identity: { id, modelId }, creditsHeld }) => ({ responseId: id, modelId, creditsHeld }));
}

interface Asked {
  begun: BegunPrompt;
  /** The team that pays; null: the member, or the account that paid before. */
  team?: PayingTeam | null;
  /** Whether the caller reads the answers. Absent: no. */
  isFollowed?: boolean;
  /** Whether they are given the images that models make. Absent: no. */
  givesImages?: boolean;
}
