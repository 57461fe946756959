import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { Database } from '../../database/database.ts';
import { findUntitled, setModelTitle } from '../../database/titles.ts';
import type { Generation } from '../answering/generation.ts';
import type { AnswerEnd, GenerationJob } from '../answering/generation-job.ts';
import type { CurrentOffer } from '../catalogue/offer.ts';
import { MonthlyLimitError } from '../ground/errors.ts';
import { type Notifications, titlesTopic } from '../ground/notifications.ts';
import type { MonthlyLimit } from '../money/monthly-limit.ts';
import { admitTitle, planTitle } from './title-call.ts';
import type { TitleModel } from './title-model.ts';
import { EXCERPT_LENGTH_MAX, titleIn } from './title-text.ts';

export interface TitleWriterOptions {
  db: Kysely<Database>;
  offer: CurrentOffer;
  model: TitleModel;
  generation: Pick<Generation, 'start' | 'stop' | 'owner'>;
  monthlyLimit: MonthlyLimit;
  notifications: Pick<Notifications, 'publish'>;
  leaseMs: number;
  log: Logger;
}

/** Titles that one process asks for at once. */
const AT_ONCE = 4;
/** Conversations that wait for theirs; further ones keep the title that their prompt gave. */
const WAITING_MAX = 500;

/**
 * Has a model name new conversations after their first answers. The house pays, and each conversation is asked about once
 * at most, by whichever process; if that fails, its title stays as it is. No answer waits for a title.
 */
export class TitleWriter {
  readonly #options: TitleWriterOptions;
  /** The turns that are to be looked at. */
  readonly #waiting = new Set<string>();
  readonly #running = new Set<Promise<void>>();
  readonly #responseIds = new Set<string>();
  #isEnding = false;

  constructor(options: TitleWriterOptions) {
    this.#options = options;
  }

  /** Looks at a response that has ended in this process. */
  onSettled({ identity, call, apiKeyId, candidates }: GenerationJob, end: AnswerEnd | null): void {
    if (call || apiKeyId !== null || identity.hidden || end?.outcome.status !== 'COMPLETED') return;
    // With an answer before it, it is not the first.
    const isFirst = candidates[0]?.messages.every(({ role }) => role === 'user');
    if (isFirst) this.consider(identity.turnId);
  }

  /** Has the turn's conversation named if it is new, and may be named by a model. */
  consider(turnId: string): void {
    if (this.#isEnding || this.#options.model.id === null || this.#waiting.size >= WAITING_MAX) return;
    this.#waiting.add(turnId);
    this.#next();
  }

  /** Ends the requests under way without their titles, and begins no more. */
  end(): void {
    this.#isEnding = true;
    this.#waiting.clear();
    void this.#options.generation.stop([...this.#responseIds], 'INTERRUPTED');
  }

  /** Resolves when nothing is under way. To be called after `end`, and after the generation has closed. */
  async close(): Promise<void> {
    this.end();
    await Promise.all(this.#running);
  }

  #next(): void {
    for (const turnId of this.#waiting) {
      if (this.#running.size >= AT_ONCE) return;
      this.#waiting.delete(turnId);
      const writing = this.#write(turnId)
        .catch((err) => this.#options.log.warn({ err, turnId }, 'A title could not be written.'))
        .finally(() => {
          this.#running.delete(writing);
          this.#next();
        });
      this.#running.add(writing);
    }
  }

  async #write(turnId: string): Promise<void> {
    const { db, offer, model: chosen, notifications } = this.#options;
    const { catalogue, languageModels } = offer.now;
    const model = await chosen.usable(catalogue);
    const untitled = model && (await findUntitled(db, turnId, EXCERPT_LENGTH_MAX + 1));
    const planned = model && untitled && (await planTitle(untitled, model));
    if (!planned || this.#isEnding) return;
    const job = await admitTitle(this.#options, planned, languageModels).catch(exceptTheLimit);
    const end = job && (await this.#answered(job));
    if (end?.outcome.status !== 'COMPLETED' || end.outcome.finishReason === 'LENGTH') return;
    const { id, userId, title: before } = planned.untitled;
    const title = titleIn(end.outcome.text);
    if (title === null || title === before) return;
    if (await setModelTitle(db, { id, before, title })) notifications.publish([titlesTopic(userId)]);
  }

  /** @returns how the request ended; null: it did not end here */
  async #answered(job: GenerationJob): Promise<AnswerEnd | null> {
    const { id } = job.identity;
    this.#responseIds.add(id);
    try {
      return await new Promise<AnswerEnd | null>((resolve) => {
        job.onEnd = resolve;
        // The process ends; the lease runs out.
        if (!this.#options.generation.start(job)) resolve(null);
        else if (this.#isEnding) void this.#options.generation.stop([id], 'INTERRUPTED');
      });
    } finally {
      this.#responseIds.delete(id);
    }
  }
}

/** A month's credits that are spent are no fault: the title is left out. */
function exceptTheLimit(error: unknown): null {
  if (error instanceof MonthlyLimitError) return null;
  throw error;
}
