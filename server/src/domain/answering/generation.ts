import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import { v7 as newId } from 'uuid';
import { isTransient } from '../../database/connection/transient.ts';
import type { Database } from '../../database/database.ts';
import { ModelFailure } from '../../ports/language-model.ts';
import type { Observer } from '../../ports/observer.ts';
import { providerIdOf } from '../catalogue/catalogue.ts';
import { imagePartOf } from './answer-parts.ts';
import { beginLater } from './beginning.ts';
import type { AnswerEnd, GenerationJob } from './generation-job.ts';
import { coverCost } from './growing/cost-cover.ts';
import { GrowingHold, type GrowingOptions } from './growing/growing-hold.ts';
import type { LiveResponse, LiveResponses, StopReason } from './live-responses.ts';
import { agentsOutcome, outcomeOf } from './outcome.ts';
import { type Answered, askedBy, CandidateAsker, type CandidateAskerOptions } from './requests/candidate-asker.ts';
import { settle } from './settlement.ts';
import { type Outcome, settlementOf } from './stored-response.ts';

/** Writes responses: the only place that calls a model and the only owner of what runs. */
export interface Generation {
  /** The process's name on the leases of its responses. */
  readonly owner: string;
  /** Asks models, for whoever writes an answer step by step. */
  readonly asker: CandidateAsker;
  /**
   * Begins a response whose row and hold are committed. Generation also ends it; the caller has nothing more to do.
   *
   * @param takeUp gives the response what another process wrote of it. Absent: it is a new one
   * @returns null: the process ends, and another one makes the response final
   */
  start(job: GenerationJob, takeUp?: (response: LiveResponse) => void): LiveResponse | null;
  /** Resolves when none of the responses runs in this process any more. */
  ended(responseIds: readonly string[]): Promise<void>;
  /** Whether the response runs in this process; false between its admission and its `start`. */
  runs(responseId: string): boolean;
  /** Stops those of the responses that run in this process; resolves when they are final in the database. */
  stop(responseIds: readonly string[], reason: StopReason): Promise<void>;
  /** Whether new prompts are refused, because the process is about to end. */
  readonly draining: boolean;
  /** Refuses new prompts, gives running responses `graceMs`, then keeps what they have as INTERRUPTED. */
  close(graceMs: number): Promise<void>;
}

export interface GenerationOptions extends Omit<CandidateAskerOptions, 'isCrowded'> {
  db: Kysely<Database>;
  live: LiveResponses;
  observer: Observer;
  log: Logger;
  /** What the holds of responses grow by, where they do. */
  holds: Pick<GrowingOptions, 'monthlyLimit' | 'waits' | 'creditPatienceMs'>;
  /** Called after a budget alert was stored. */
  onAlert(): void;
  /** Called after a response has become final and its hold is settled, or if that failed. */
  onSettled(job: GenerationJob, end: AnswerEnd | null): void;
}

export function createGeneration(options: GenerationOptions): Generation {
  return new ProcessGeneration(options);
}

/** The generation of this process. */
class ProcessGeneration implements Generation {
  readonly owner = newId();
  draining = false;
  readonly #options: GenerationOptions;
  readonly #running = new Map<string, Promise<void>>();
  readonly #closed = new AbortController();
  readonly asker: CandidateAsker;

  constructor(options: GenerationOptions) {
    this.#options = options;
    this.asker = new CandidateAsker({ ...options, isCrowded: () => options.live.isCrowded });
  }

  start(job: GenerationJob, takeUp?: (response: LiveResponse) => void): LiveResponse | null {
    // The response was admitted at the last moment. Its lease runs out, and the first process to find that makes it
    // final.
    if (this.#closed.signal.aborted) return null;
    const response = this.#options.live.open(job.identity, job.before);
    takeUp?.(response);
    this.#running.set(response.id, this.#run(job, response));
    return response;
  }

  runs(responseId: string): boolean {
    return this.#running.has(responseId);
  }

  async ended(responseIds: readonly string[]): Promise<void> {
    await Promise.all(responseIds.map((id) => this.#running.get(id)));
  }

  async stop(responseIds: readonly string[], reason: StopReason): Promise<void> {
    for (const id of responseIds) this.#options.live.get(id)?.stop(reason);
    await this.ended(responseIds);
  }

  async close(graceMs: number): Promise<void> {
    const running = this.#running;
    this.draining = true;
    // A member may take an hour to answer: whichever process goes on with the response waits for them.
    for (const response of this.#options.live.all()) if (response.waits) response.stop('INTERRUPTED');
    const allEnded = Promise.all(running.values());
    await Promise.race([allEnded, new Promise((resolve) => setTimeout(resolve, graceMs).unref())]);
    // The process must not wait for ever for a database that is away: responses that could not be settled are found by
    // their leases at a later start.
    const patience = AbortSignal.timeout(SETTLEMENT_MS_MAX);
    // A prompt that was being admitted when `close` began may have started one more response.
    while (running.size > 0 && !patience.aborted) {
      for (const response of this.#options.live.all()) response.stop('INTERRUPTED');
      await Promise.race([Promise.all(running.values()), once(patience, 'abort')]);
    }
    this.#closed.abort();
  }

  async #run(job: GenerationJob, response: LiveResponse) {
    let startedAt = performance.now() - (job.ageMs ?? 0);
    const hold = this.#growingHold(job);
    let end: AnswerEnd | null = null;
    let settling: { at: number; startedAt: number } | null = null;
    try {
      const unasked = job.begin ? await beginLater(job, response, hold) : null;
      if (job.begin) startedAt = performance.now();
      const outcome = await this.#outcome(job, response, { startedAt, hold, unasked });
      if (outcome === null) return;
      if (hold) await coverCost(hold, outcome, () => this.draining || response.stopReason !== null);
      settling = { at: performance.now(), startedAt: Date.now() };
      const credits = await this.#settleWhenPossible(job, outcome);
      end = credits === null ? null : { outcome, credits };
    } catch (error) {
      // The row's lease runs out: the first process to find that makes the response final.
      const requestId = job.origin?.requestId;
      this.#options.log.error({ err: error, requestId, responseId: response.id }, 'A response could not be finished.');
    } finally {
      this.#options.live.close(response, end ? 'final' : 'abandoned');
      const creditsHeld = hold?.held ?? job.creditsHeld;
      this.#tellEnd(job, response, end, { creditsHeld, ...(settling ?? { at: startedAt, startedAt: Date.now() }) });
      this.#options.onSettled(job, end);
      this.#running.delete(response.id);
      job.onEnd?.(end);
    }
  }

  /** Has the answer written. @returns null: another process goes on with it */
  async #outcome(
    job: GenerationJob,
    response: LiveResponse,
    { startedAt, hold, unasked }: { startedAt: number; hold: GrowingHold | null; unasked: Answered | null },
  ): Promise<Outcome | null> {
    if (job.agent && hold && !unasked) {
      const end = await job.agent.write(response, hold);
      await Promise.all(response.images);
      if (!end) return null;
      response.endText();
      return agentsOutcome(response, end, performance.now() - startedAt);
    }
    const { result, candidate } = unasked ?? (await this.asker.ask(job, response, { startedAt, hold }));
    await Promise.all(response.images);
    if (!job.call) result.failure ??= imagesLost(response);
    response.endText();
    return outcomeOf(job, response, candidate, result, performance.now() - startedAt);
  }

  #tellEnd(
    job: GenerationJob,
    response: LiveResponse,
    end: AnswerEnd | null,
    { creditsHeld, ...settling }: { creditsHeld: number; at: number; startedAt: number },
  ): void {
    const { modelId } = job.identity;
    const servedBy = end?.outcome.servedBy?.id ?? response.servedBy ?? modelId;
    this.#options.observer.responseEnded({
      ...askedBy(job),
      modelId,
      servedBy,
      providerId: providerIdOf(servedBy),
      creditAccountId: job.creditAccountId,
      recovered: false,
      creditsHeld,
      settled: end && {
        ...settlementOf(end),
        startedAt: settling.startedAt,
        durationMs: performance.now() - settling.at,
      },
      durationMs: end?.outcome.durationMs ?? 0,
      firstTokenMs: response.firstTokenMs,
    });
  }

  /** Null: the job's hold does not grow. */
  #growingHold(job: GenerationJob): GrowingHold | null {
    if (job.growsTo === undefined) return null;
    const { db, log, holds } = this.#options;
    return new GrowingHold({ ...holds, db, log, owner: this.owner }, job);
  }

  /**
   * Makes the response final. While the database is away, the text waits in memory.
   *
   * @returns the credits charged; null if the response was taken over or deleted while it ran
   */
  async #settleWhenPossible(job: GenerationJob, outcome: Outcome): Promise<number | null> {
    const { id, userId, modelId } = job.identity;
    const { creditAccountId, apiKeyId } = job;
    const isCall = job.call !== undefined;
    const { db, log } = this.#options;
    for (let delayMs = 100; ; delayMs = Math.min(delayMs * 2, 5000)) {
      try {
        const response = { id, userId, modelId, creditAccountId, apiKeyId, isCall };
        const settlement = await settle(db, this.owner, response, outcome);
        if (settlement?.hasAlert) this.#options.onAlert();
        return settlement?.credits ?? null;
      } catch (error) {
        if (!isTransient(error)) throw error;
        log.warn({ err: error, responseId: id }, 'A finished response waits for the database.');
        await delay(delayMs, undefined, { signal: this.#closed.signal });
      }
    }
  }
}

/** The failure of an answer that was nothing but images of which none could be kept; null: there is something. */
function imagesLost({ images, text, parts }: LiveResponse): ModelFailure | null {
  const isLost = images.length > 0 && text.length === 0 && !parts.some((part, index) => imagePartOf(part, index));
  return isLost ? new ModelFailure('PROVIDER_ERROR', 'The image that the model made could not be kept.') : null;
}

/** How long the end of the process waits for the last settlements. */
const SETTLEMENT_MS_MAX = 10_000;
