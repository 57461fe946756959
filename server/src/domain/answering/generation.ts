import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import { v7 as newId } from 'uuid';
import { isTransient } from '../../database/connection/transient.ts';
import type { Database } from '../../database/database.ts';
import { type LanguageModel, ModelFailure } from '../../ports/language-model.ts';
import type { Observer } from '../../ports/observer.ts';
import { type Model, providerIdOf } from '../catalogue/catalogue.ts';
import { GivenImages } from '../files/given-images.ts';
import type { MadeImages } from '../files/made-images.ts';
import { imagePartOf } from './answer-parts.ts';
import { type AttemptLimits, type AttemptResult, attemptAnswer, nothingCame, type TakeImage } from './attempt.ts';
import { beginLater } from './beginning.ts';
import type { AnswerEnd, Candidate, GenerationJob } from './generation-job.ts';
import { coverCost } from './growing/cost-cover.ts';
import { GrowingHold, type GrowingOptions } from './growing/growing-hold.ts';
import type { LiveResponse, LiveResponses, StopReason } from './live-responses.ts';
import { outcomeOf } from './outcome.ts';
import type { ProviderHealth } from './provider-health.ts';
import { delayOfRetry, RETRY_DELAY_MS, waitUnlessStopped } from './retries.ts';
import { type FileLoader, isWhole, type LoadedMessages } from './sent-files/file-loader.ts';
import { settle } from './settlement.ts';
import { type Outcome, settlementOf } from './stored-response.ts';

/** Writes responses: the only place that calls a model and the only owner of what runs. */
export interface Generation {
  /** The process's name on the leases of its responses. */
  readonly owner: string;
  /**
   * Begins a response whose row and hold are committed. Generation also ends it; the caller has nothing more to do.
   *
   * @returns null: the process ends, and another one makes the response final
   */
  start(job: GenerationJob): LiveResponse | null;
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

export interface GenerationOptions {
  db: Kysely<Database>;
  live: LiveResponses;
  limits: AttemptLimits;
  providerHealth: ProviderHealth;
  observer: Observer;
  log: Logger;
  /** Loads the files of prompts. */
  fileLoader: FileLoader;
  /** Delay before the first retry if the provider names none itself; twice that before the second. Default: 500. */
  retryDelayMs?: number | undefined;
  /** What the holds of responses grow by, where they do. */
  holds: Pick<GrowingOptions, 'monthlyLimit' | 'waits' | 'creditPatienceMs'>;
  /** Keeps images that models make; absent: they are not kept. */
  images?: MadeImages | undefined;
  /** Resolves when all that was written until now is journalled, or the database is away. Never rejects. */
  journalled(): Promise<void>;
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
  readonly #isCrowded: () => boolean;
  readonly #givenImages = new GivenImages();

  constructor(options: GenerationOptions) {
    this.#options = options;
    this.#isCrowded = () => options.live.isCrowded;
  }

  start(job: GenerationJob): LiveResponse | null {
    // The response was admitted at the last moment. Its lease runs out, and the first process to find that makes it
    // final.
    if (this.#closed.signal.aborted) return null;
    const response = this.#options.live.open(job.identity, job.before);
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
    let startedAt = performance.now();
    const hold = this.#growingHold(job);
    let end: AnswerEnd | null = null;
    let settling: { at: number; startedAt: number } | null = null;
    try {
      const unasked = job.begin ? await beginLater(job, response, hold) : null;
      if (job.begin) startedAt = performance.now();
      const { result, candidate } = unasked ?? (await this.#answer(job, response, startedAt, hold));
      await Promise.all(response.images);
      if (!job.call) result.failure ??= imagesLost(response);
      response.endText();
      const outcome = await outcomeOf(job, response, candidate, result, performance.now() - startedAt);
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

  /**
   * Asks the candidates in turn, until one brings a character or the last one has failed. Fallbacks are asked at once;
   * only if none is left, the same model is asked again.
   */
  async #answer(job: GenerationJob, response: LiveResponse, startedAt: number, hold: GrowingHold | null) {
    const waiting = [...job.candidates];
    let candidate = waiting.shift() as Candidate;
    let retries = 0;
    for (;;) {
      const result = await this.#attempt(job, response, candidate, {
        startedAt,
        hold,
        mayRest: job.isSpare === true || waiting.length > 0,
      });
      const { failure } = result;
      if (failure && !response.hasCharacters) response.forgetHalf();
      if (!failure?.retryable || response.hasCharacters || response.stopReason) return { result, candidate };
      // Another model would lack the same file.
      const next = failure.code === 'FILE_UNAVAILABLE' ? undefined : waiting.shift();
      if (next) {
        const { code, message } = failure;
        response.notice({ type: 'fellBack', from: candidate.model.id, to: next.model.id, failure: { code, message } });
        candidate = next;
      } else {
        const { retryDelayMs = RETRY_DELAY_MS } = this.#options;
        const delayMs = job.isSpare ? null : delayOfRetry(failure, retries++, retryDelayMs);
        if (delayMs === null || !(await waitUnlessStopped(delayMs, response))) return { result, candidate };
      }
    }
  }

  /**
   * This is not an async function, since one that waits for the answer would stay in memory for as long as it takes.
   */
  #attempt(
    job: GenerationJob,
    response: LiveResponse,
    { model, messages, maxOutputTokens, input }: Candidate,
    { startedAt, hold, mayRest }: AttemptBegin,
  ): Promise<AttemptResult> {
    const { limits, providerHealth } = this.#options;
    response.notice({ type: 'started', servedBy: model.id, attempt: response.attempts.length + 1 });
    const attemptStartedAt = Date.now();
    const languageModel = job.languageModels.get(model.providerId);
    const ask = (loaded: Pick<LoadedMessages, 'messages'>, through: LanguageModel | undefined) =>
      attemptAnswer({
        languageModel: through,
        request: {
          model: model.providerModel,
          system: job.system,
          messages: loaded.messages,
          maxOutputTokens,
          ...(model.sampling ? { temperature: job.temperature, topP: job.topP } : {}),
          reasoning: model.reasoning && (job.call?.reasoning ?? true),
          options: job.call?.options,
          isCrowded: this.#isCrowded,
        },
        response,
        startedAt,
        limits,
        payment: hold && { hold, model, input },
        takeImage: this.#imageTaker(job, response),
      });
    const call = () =>
      isWhole(messages) ? ask({ messages }, languageModel) : this.#withFiles(messages, response, languageModel, ask);
    const { hidden: isHidden } = response;
    return providerHealth.guard(model.providerId, call, { isHidden }).then(async (guarded) => {
      // Without a fallback the provider is asked even if it has just been failing: there is nothing better to do.
      const result = guarded ?? (mayRest ? resting() : await (isHidden ? call() : this.#recorded(model, call)));
      // An attempt that was stopped has not failed.
      const failure = response.stopReason ? null : result.failure;
      const durationMs = Date.now() - attemptStartedAt;
      response.attempts.push({
        modelId: model.id,
        startedAt: new Date(attemptStartedAt),
        durationMs,
        failure: failure && { code: failure.code, message: failure.message },
      });
      this.#tellAttempt(job, response, { model, maxOutputTokens }, { result, startedAt: attemptStartedAt, durationMs });
      return result;
    });
  }

  /** Asks with the files loaded, which are let go of when they were sent. */
  async #withFiles(
    messages: Candidate['messages'],
    response: LiveResponse,
    languageModel: LanguageModel | undefined,
    ask: (loaded: LoadedMessages, through: LanguageModel | undefined) => Promise<AttemptResult>,
  ): Promise<AttemptResult> {
    const loaded = await this.#load(messages, response);
    if (loaded instanceof ModelFailure) return nothingCame(loaded);
    return ask(loaded, languageModel && loaded.through(languageModel)).finally(loaded.release);
  }

  async #load(messages: Candidate['messages'], response: LiveResponse): Promise<LoadedMessages | ModelFailure> {
    const stopped = new AbortController();
    response.whenStopped({ stop: () => stopped.abort(new ModelFailure('INTERNAL', 'Stopped.')) });
    try {
      return await this.#options.fileLoader.load(messages, response.userId, stopped.signal);
    } catch (error) {
      if (error instanceof ModelFailure) return error;
      throw error;
    } finally {
      response.whenStopped(null);
    }
  }

  /** Images of a conversation are kept; a program that waits for its answer is given them, if it asked for that. */
  #imageTaker({ identity: { id, userId }, call, givesImages }: GenerationJob, response: LiveResponse): TakeImage {
    const { images, journalled: placed } = this.#options;
    return (image) => {
      const place = { userId, responseId: id, position: response.images.length, placed };
      return {
        kept: images && !call ? images.keep(image, place) : Promise.resolve(null),
        given: givesImages ? this.#givenImages.take(image) : null,
      };
    };
  }

  #tellAttempt(
    job: GenerationJob,
    response: LiveResponse,
    { model, maxOutputTokens }: Pick<Candidate, 'model' | 'maxOutputTokens'>,
    { result, ...times }: { result: AttemptResult; startedAt: number; durationMs: number },
  ): void {
    const { log, observer } = this.#options;
    const failure = response.stopReason ? null : result.failure;
    const asked = askedBy(job);
    const { responseId } = asked;
    // The message of any other failure may quote what a member wrote.
    if (failure?.code === 'INTERNAL') {
      const requestId = job.origin?.requestId;
      log.error({ err: failure, requestId, responseId, modelId: model.id }, 'An adapter failed.');
    }
    observer.attemptEnded({
      ...asked,
      attempt: response.attempts.length,
      modelId: model.id,
      providerId: model.providerId,
      providerModel: model.providerModel,
      status: response.stopReason ? 'STOPPED' : failure ? 'FAILED' : 'COMPLETED',
      failureCode: failure?.code ?? null,
      finishReason: result.finishReason,
      usage: result.usage,
      maxOutputTokens,
      ...times,
      firstTokenMs: result.firstTokenMs,
    });
  }

  async #recorded(model: Model, call: () => Promise<AttemptResult>): Promise<AttemptResult> {
    const result = await call();
    this.#options.providerHealth.record(model.providerId, result);
    return result;
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

interface AttemptBegin {
  /** When the response began, as `performance.now()`. */
  startedAt: number;
  /** Null: the hold covers any answer. */
  hold: GrowingHold | null;
  mayRest: boolean; // Whether the provider is not asked while it rests.
}

/** Who asks for the response, for observers. */
function askedBy({ identity: { id, turnId, userId }, apiKeyId, origin = null }: GenerationJob) {
  return { origin, memberId: userId, apiKeyId, turnId, responseId: id };
}

/** The failure of a provider that rests: it is not asked, so that the fallback starts without a wait. */
function resting(): AttemptResult {
  return nothingCame(new ModelFailure('OVERLOADED', 'The provider has failed too often lately, so it was not asked.'));
}

/** How long the end of the process waits for the last settlements. */
const SETTLEMENT_MS_MAX = 10_000;
