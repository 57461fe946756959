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
  const { db, live, languageModels, limits, providerHealth, log, retryDelayMs = RETRY_DELAY_MS, onSettled } = options;
  const owner = newId();
  const running = new Map<string, Promise<void>>();
  const isCrowded = () => live.isCrowded;
  let draining = false;
  const closed = new AbortController();

  async function run(job: GenerationJob, response: LiveResponse) {
    const startedAt = performance.now();
    let settled = false;
    try {
      const { result, candidate } = await answer(job, response, startedAt);
      response.endText();
      const outcome = await outcomeOf(job, response, candidate, result, performance.now() - startedAt);
      settled = await settleWhenPossible(job, outcome);
    } catch (error) {
      // The row keeps its lease's end: the recovery of whichever process is first makes it final.
      log.error({ err: error, responseId: response.id }, 'A response could not be finished.');
    } finally {
      live.close(response, settled ? 'final' : 'abandoned');
      onSettled(job);
      running.delete(response.id);
    }
  }

  /**
   * The first candidate that brings a character, or the last failure. Fallbacks come at once; only where none is left
   * the same model is asked again.
   */
  async function answer(job: GenerationJob, response: LiveResponse, startedAt: number) {
    const waiting = [...job.candidates];
    let candidate = waiting.shift() as Candidate;
    let retries = 0;
    for (;;) {
      const result = await attempt(job, response, candidate, startedAt, waiting.length > 0);
      const { failure } = result;
      if (failure && !response.hasCharacters) response.forgetHalf();
      if (!failure?.retryable || response.hasCharacters || response.stopReason) return { result, candidate };
      const next = waiting.shift();
      if (next) {
        const { code, message } = failure;
        response.notice({ type: 'fellBack', from: candidate.model.id, to: next.model.id, failure: { code, message } });
        candidate = next;
      } else {
        const delayMs = delayOfRetry(failure, retries++, retryDelayMs);
        if (delayMs === null || !(await waitUnlessStopped(delayMs, response))) return { result, candidate };
      }
    }
  }

  /** What comes after the answer is not a function that waits for it: that would be kept as long. */
  function attempt(
    job: GenerationJob,
    response: LiveResponse,
    { model, messages, maxOutputTokens }: Candidate,
    startedAt: number,
    hasFallback: boolean,
  ): Promise<AttemptResult> {
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
          isCrowded,
        },
        response,
        startedAt,
        limits,
      });
    return providerHealth.guard(model.providerId, call).then(async (guarded) => {
      // Without a fallback there is nothing better to do than to ask, even a provider that was failing just now.
      const result = guarded ?? (hasFallback ? resting() : await recorded(model, call));
      const { failure } = result;
      if (failure && !response.stopReason) report(failure, model);
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

  function report(failure: ModelFailure, { id: modelId }: Model): void {
    const { code } = failure;
    if (code === 'INTERNAL') log.error({ err: failure, modelId }, 'An adapter failed.');
    // The message may quote what a member wrote.
    else log[operatorsFailures.has(code) ? 'warn' : 'info']({ modelId, code }, 'A model failed.');
  }

  async function recorded(model: Model, call: () => Promise<AttemptResult>): Promise<AttemptResult> {
    const result = await call();
    providerHealth.record(model.providerId, result);
    return result;
  }

  /**
   * The database may be away for a while; the text waits in memory for it.
   *
   * @returns false where the response was taken over or deleted while it ran
   */
  async function settleWhenPossible(job: GenerationJob, outcome: Outcome): Promise<boolean> {
    const { id, userId, modelId } = job.identity;
    const { creditAccountId, creditsHeld } = job;
    for (let delayMs = 100; ; delayMs = Math.min(delayMs * 2, 5000)) {
      try {
        return await settle(db, owner, { id, userId, modelId, creditAccountId, creditsHeld }, outcome);
      } catch (error) {
        if (!isTransient(error)) throw error;
        log.warn({ err: error, responseId: id }, 'A finished response waits for the database.');
        await delay(delayMs, undefined, { signal: closed.signal });
      }
    }
  }

  return {
    owner,
    get draining() {
      return draining;
    },
    start(job) {
      // Admitted at the last moment: whoever is first to find its lease run out makes it final.
      if (closed.signal.aborted) return;
      const response = live.open(job.identity, job.before);
      running.set(response.id, run(job, response));
    },
    runs: (responseId) => running.has(responseId),
    async stop(responseIds, reason) {
      for (const id of responseIds) live.get(id)?.stop(reason);
      await Promise.all(responseIds.map((id) => running.get(id)));
    },
    async close(graceMs) {
      draining = true;
      const allEnded = Promise.all(running.values());
      await Promise.race([allEnded, new Promise((resolve) => setTimeout(resolve, graceMs).unref())]);
      // A database that is away must not keep the process: what it could not be told, a later start finds by its lease.
      const patience = AbortSignal.timeout(SETTLEMENT_MS_MAX);
      // A prompt that was being admitted when this began may have started one more.
      while (running.size > 0 && !patience.aborted) {
        for (const response of live.all()) response.stop('INTERRUPTED');
        await Promise.race([Promise.all(running.values()), once(patience, 'abort')]);
      }
      closed.abort();
    },
  };
}

/** Those that last until the operator does something about them. */
const operatorsFailures: ReadonlySet<FailureCode> = new Set(['AUTHENTICATION', 'QUOTA_EXCEEDED', 'MODEL_NOT_FOUND']);

/** A provider that is not asked at all, so that the fallback comes without a wait. */
function resting(): AttemptResult {
  return nothingCame(new ModelFailure('OVERLOADED', 'The provider failed too often lately and was not asked.'));
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
