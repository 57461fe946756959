import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import { v7 as newId } from 'uuid';
import { isTransient } from '../../database/connection/transient.ts';
import type { Database } from '../../database/database.ts';
import { type FailureCode, type LanguageModel, ModelFailure } from '../../ports/language-model.ts';
import type { Model } from '../catalogue/catalogue.ts';
import { type AttemptLimits, type AttemptResult, attemptAnswer, nothingCame } from './attempt.ts';
import type { Candidate, GenerationJob } from './generation-job.ts';
import type { LiveResponse, LiveResponses, StopReason } from './live-responses.ts';
import { outcomeOf } from './outcome.ts';
import type { ProviderHealth } from './provider-health.ts';
import { settle } from './settlement.ts';
import type { Outcome } from './stored-response.ts';

/** Writes responses: the only place that calls a model and the only owner of what runs. */
export interface Generation {
  /** The process's name on the leases of its responses. */
  readonly owner: string;
  /** Begins a response whose row and hold are committed. Its end is this module's business, not the caller's. */
  start(job: GenerationJob): void;
  /** Whether the response runs here: not yet between its admission and its start. */
  runs(responseId: string): boolean;
  /** Stops those of them that run here; resolves when they are final in the database. */
  stop(responseIds: readonly string[], reason: StopReason): Promise<void>;
  /** Whether new prompts are refused, because the process is about to end. */
  readonly draining: boolean;
  /** Refuses new prompts, gives running responses `graceMs`, then keeps what they have as INTERRUPTED. */
  close(graceMs: number): Promise<void>;
}

export interface GenerationOptions {
  db: Kysely<Database>;
  live: LiveResponses;
  /** By provider id. */
  languageModels: ReadonlyMap<string, LanguageModel>;
  limits: AttemptLimits;
  providerHealth: ProviderHealth;
  log: Logger;
  /** Before the first retry, where the provider names no time itself; twice that before the second. Default: 500. */
  retryDelayMs?: number | undefined;
  /** After a response became final and its hold was settled. */
  onSettled(job: GenerationJob): void;
}

export function createGeneration(options: GenerationOptions): Generation {
  return new ProcessGeneration(options);
}

/** Of this process. */
class ProcessGeneration implements Generation {
  readonly owner = newId();
  draining = false;
  readonly #options: GenerationOptions;
  readonly #running = new Map<string, Promise<void>>();
  readonly #closed = new AbortController();
  readonly #isCrowded: () => boolean;

  constructor(options: GenerationOptions) {
    this.#options = options;
    this.#isCrowded = () => options.live.isCrowded;
  }

  start(job: GenerationJob): void {
    // Admitted at the last moment: whoever is first to find its lease run out makes it final.
    if (this.#closed.signal.aborted) return;
    const response = this.#options.live.open(job.identity, job.before);
    this.#running.set(response.id, this.#run(job, response));
  }

  runs(responseId: string): boolean {
    return this.#running.has(responseId);
  }

  async stop(responseIds: readonly string[], reason: StopReason): Promise<void> {
    for (const id of responseIds) this.#options.live.get(id)?.stop(reason);
    await Promise.all(responseIds.map((id) => this.#running.get(id)));
  }

  async close(graceMs: number): Promise<void> {
    const running = this.#running;
    this.draining = true;
    const allEnded = Promise.all(running.values());
    await Promise.race([allEnded, new Promise((resolve) => setTimeout(resolve, graceMs).unref())]);
    // A database that is away must not keep the process: what it could not be told, a later start finds by its lease.
    const patience = AbortSignal.timeout(SETTLEMENT_MS_MAX);
    // A prompt that was being admitted when this began may have started one more.
    while (running.size > 0 && !patience.aborted) {
      for (const response of this.#options.live.all()) response.stop('INTERRUPTED');
      await Promise.race([Promise.all(running.values()), once(patience, 'abort')]);
    }
    this.#closed.abort();
  }

  async #run(job: GenerationJob, response: LiveResponse) {
    const startedAt = performance.now();
    let settled = false;
    try {
      const { result, candidate } = await this.#answer(job, response, startedAt);
      response.endText();
      const outcome = await outcomeOf(job, response, candidate, result, performance.now() - startedAt);
      settled = await this.#settleWhenPossible(job, outcome);
    } catch (error) {
      // The row keeps its lease's end: the recovery of whichever process is first makes it final.
      this.#options.log.error({ err: error, responseId: response.id }, 'A response could not be finished.');
    } finally {
      this.#options.live.close(response, settled ? 'final' : 'abandoned');
      this.#options.onSettled(job);
      this.#running.delete(response.id);
    }
  }

  /**
   * The first candidate that brings a character, or the last failure. Fallbacks come at once; only where none is left
   * the same model is asked again.
   */
  async #answer(job: GenerationJob, response: LiveResponse, startedAt: number) {
    const waiting = [...job.candidates];
    let candidate = waiting.shift() as Candidate;
    let retries = 0;
    for (;;) {
      const result = await this.#attempt(job, response, candidate, startedAt, waiting.length > 0);
      const { failure } = result;
      if (failure && !response.hasCharacters) response.forgetHalf();
      if (!failure?.retryable || response.hasCharacters || response.stopReason) return { result, candidate };
      const next = waiting.shift();
      if (next) {
        const { code, message } = failure;
        response.notice({ type: 'fellBack', from: candidate.model.id, to: next.model.id, failure: { code, message } });
        candidate = next;
      } else {
        const delayMs = delayOfRetry(failure, retries++, this.#options.retryDelayMs ?? RETRY_DELAY_MS);
        if (delayMs === null || !(await waitUnlessStopped(delayMs, response))) return { result, candidate };
      }
    }
  }

  /** What comes after the answer is not a function that waits for it: that would be kept as long. */
  #attempt(
    job: GenerationJob,
    response: LiveResponse,
    { model, messages, maxOutputTokens }: Candidate,
    startedAt: number,
    hasFallback: boolean,
  ): Promise<AttemptResult> {
    const { languageModels, limits, providerHealth } = this.#options;
    response.notice({ type: 'started', servedBy: model.id, attempt: response.attempts.length + 1 });
    const attemptStartedAt = Date.now();
    const call = () =>
      attemptAnswer({
        languageModel: languageModels.get(model.providerId),
        request: {
          model: model.providerModel,
          system: job.system,
          messages,
          maxOutputTokens,
          ...(model.sampling ? { temperature: job.temperature, topP: job.topP } : {}),
          reasoning: model.reasoning,
          isCrowded: this.#isCrowded,
        },
        response,
        startedAt,
        limits,
      });
    return providerHealth.guard(model.providerId, call).then(async (guarded) => {
      // Without a fallback there is nothing better to do than to ask, even a provider that was failing just now.
      const result = guarded ?? (hasFallback ? resting() : await this.#recorded(model, call));
      const { failure } = result;
      if (failure && !response.stopReason) this.#report(failure, model);
      response.attempts.push({
        modelId: model.id,
        startedAt: new Date(attemptStartedAt),
        durationMs: Date.now() - attemptStartedAt,
        // An attempt that was stopped has not failed.
        failure: failure && !response.stopReason ? { code: failure.code, message: failure.message } : null,
      });
      return result;
    });
  }

  #report(failure: ModelFailure, { id: modelId }: Model): void {
    const { log } = this.#options;
    const { code } = failure;
    if (code === 'INTERNAL') log.error({ err: failure, modelId }, 'An adapter failed.');
    // The message may quote what a member wrote.
    else log[operatorsFailures.has(code) ? 'warn' : 'info']({ modelId, code }, 'A model failed.');
  }

  async #recorded(model: Model, call: () => Promise<AttemptResult>): Promise<AttemptResult> {
    const result = await call();
    this.#options.providerHealth.record(model.providerId, result);
    return result;
  }

  /**
   * The database may be away for a while; the text waits in memory for it.
   *
   * @returns false where the response was taken over or deleted while it ran
   */
  async #settleWhenPossible(job: GenerationJob, outcome: Outcome): Promise<boolean> {
    const { id, userId, modelId } = job.identity;
    const { creditAccountId, creditsHeld } = job;
    const { db, log } = this.#options;
    for (let delayMs = 100; ; delayMs = Math.min(delayMs * 2, 5000)) {
      try {
        return await settle(db, this.owner, { id, userId, modelId, creditAccountId, creditsHeld }, outcome);
      } catch (error) {
        if (!isTransient(error)) throw error;
        log.warn({ err: error, responseId: id }, 'A finished response waits for the database.');
        await delay(delayMs, undefined, { signal: this.#closed.signal });
      }
    }
  }
}

/** Those that last until the operator does something about them. */
const operatorsFailures: ReadonlySet<FailureCode> = new Set(['AUTHENTICATION', 'QUOTA_EXCEEDED', 'MODEL_NOT_FOUND']);

/** A provider that is not asked at all, so that the fallback comes without a wait. */
function resting(): AttemptResult {
  return nothingCame(new ModelFailure('OVERLOADED', 'The provider has failed too often lately, so it was not asked.'));
}

/** How long the end of the process waits for the last settlements. */
const SETTLEMENT_MS_MAX = 10_000;

const RETRIES_MAX = 2;
const RETRY_DELAY_MS = 500;
/** Who asks for more patience than this gets none: the member does not wait that long before a word. */
const RETRY_AFTER_MS_MAX = 10_000;

/** Null: not again. */
function delayOfRetry({ code, retryAfterMs }: ModelFailure, retries: number, retryDelayMs: number): number | null {
  // Silence has cost the member a whole time-out already.
  if (retries >= RETRIES_MAX || code === 'TIMEOUT') return null;
  if (retryAfterMs !== null && retryAfterMs > 0) return retryAfterMs <= RETRY_AFTER_MS_MAX ? retryAfterMs : null;
  return retryDelayMs * 2 ** retries * (0.75 + Math.random() / 2);
}

/** @returns false where it was stopped meanwhile */
async function waitUnlessStopped(delayMs: number, response: LiveResponse): Promise<boolean> {
  const stopped = new AbortController();
  response.whenStopped({ stop: () => stopped.abort() });
  try {
    return await delay(delayMs, true, { signal: stopped.signal }).catch(() => false);
  } finally {
    response.whenStopped(null);
  }
}
