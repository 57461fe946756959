import type { Logger } from 'pino';
import { type LanguageModel, ModelFailure } from '../../../ports/language-model.ts';
import type { Observer } from '../../../ports/observer.ts';
import type { Model } from '../../catalogue/catalogue.ts';
import { GivenImages } from '../../files/given-images.ts';
import type { MadeImages } from '../../files/made-images.ts';
import { type AttemptLimits, attemptAnswer, type TakeImage } from '../attempt.ts';
import type { AskedJob, Candidate } from '../generation-job.ts';
import type { GrowingHold } from '../growing/growing-hold.ts';
import type { ProviderHealth } from '../provider-health.ts';
import { type FileLoader, isWhole, type LoadedMessages } from '../sent-files/file-loader.ts';
import type { AnswerTarget } from './answer-target.ts';
import { type AttemptResult, nothingCame } from './attempt-result.ts';
import { delayOfRetry, RETRY_DELAY_MS, waitUnlessStopped } from './retries.ts';

export interface CandidateAskerOptions {
  limits: AttemptLimits;
  providerHealth: ProviderHealth;
  observer: Observer;
  log: Logger;
  /** Loads the files of prompts. */
  fileLoader: FileLoader;
  /** Delay before the first retry if the provider names none itself; twice that before the second. Default: 500. */
  retryDelayMs?: number | undefined;
  /** Keeps images that models make; absent: they are not kept. */
  images?: MadeImages | undefined;
  /** Resolves when all that was written until now is journalled, or the database is away. Never rejects. */
  journalled(): Promise<void>;
  /** As `ModelRequest.isCrowded`. */
  isCrowded: () => boolean;
}

/** How the candidates were asked, and the last of them that was. */
export interface Answered {
  result: AttemptResult;
  candidate: Candidate;
}

/** Asks models: a job's candidates in turn, with retries, and with what is known of their providers' health. */
export class CandidateAsker {
  readonly #options: CandidateAskerOptions;
  readonly #givenImages = new GivenImages();

  constructor(options: CandidateAskerOptions) {
    this.#options = options;
  }

  /**
   * Asks the candidates in turn, until one brings a character or the last one has failed. Fallbacks are asked at once;
   * only if none is left, the same model is asked again.
   */
  async ask(
    job: AskedJob,
    response: AnswerTarget,
    { startedAt, hold }: { startedAt: number; hold: GrowingHold | null },
  ): Promise<Answered> {
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
    job: AskedJob,
    response: AnswerTarget,
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
          isCrowded: this.#options.isCrowded,
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
    response: AnswerTarget,
    languageModel: LanguageModel | undefined,
    ask: (loaded: LoadedMessages, through: LanguageModel | undefined) => Promise<AttemptResult>,
  ): Promise<AttemptResult> {
    const loaded = await this.#load(messages, response);
    if (loaded instanceof ModelFailure) return nothingCame(loaded);
    return ask(loaded, languageModel && loaded.through(languageModel)).finally(loaded.release);
  }

  async #load(messages: Candidate['messages'], response: AnswerTarget): Promise<LoadedMessages | ModelFailure> {
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
  #imageTaker({ identity: { id, userId }, call, givesImages }: AskedJob, response: AnswerTarget): TakeImage {
    const { images, journalled: placed } = this.#options;
    return (image) => {
      const place = { userId, responseId: id, position: response.images.length, placed };
      return {
        kept: images && (!call || call.keepsImages) ? images.keep(image, place) : Promise.resolve(null),
        given: givesImages ? this.#givenImages.take(image) : null,
      };
    };
  }

  #tellAttempt(
    job: AskedJob,
    response: AnswerTarget,
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
}

interface AttemptBegin {
  /** When the response began, as `performance.now()`. */
  startedAt: number;
  /** Null: the hold covers any answer. */
  hold: GrowingHold | null;
  mayRest: boolean; // Whether the provider is not asked while it rests.
}

/** Who asks for the response, for observers. */
export function askedBy({
  identity: { id, turnId, userId },
  apiKeyId,
  origin = null,
}: Pick<AskedJob, 'identity' | 'apiKeyId' | 'origin'>) {
  return { origin, memberId: userId, apiKeyId, turnId, responseId: id };
}

/** The failure of a provider that rests: it is not asked, so that the fallback starts without a wait. */
function resting(): AttemptResult {
  return nothingCame(new ModelFailure('OVERLOADED', 'The provider has failed too often lately, so it was not asked.'));
}
