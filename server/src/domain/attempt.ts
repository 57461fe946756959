import type { StoredCitation } from '../database/database.ts';
import {
  type FinishReason,
  type LanguageModel,
  ModelFailure,
  type ModelPart,
  type ModelRequest,
  type TokenUsage,
} from '../ports/language-model.ts';
import type { LiveResponse } from './live-responses.ts';
import { toStorable } from './live-text.ts';
import { isCredible } from './token-usage.ts';

export interface AttemptLimits {
  /** From the request to the first character. */
  firstTokenTimeoutMs: number;
  /** Silence in the middle of the body. */
  idleTimeoutMs: number;
}

export interface AttemptResult {
  /** Null: the model said that it is done. */
  failure: ModelFailure | null;
  finishReason: FinishReason | null;
  /** The last the provider said of it. */
  usage: TokenUsage | null;
  /** Whether text came after that. */
  usageOutdated: boolean;
  refusal: string;
  citations: StoredCitation[];
  /** From this attempt's request to its first character; null: none came. */
  firstTokenMs: number | null;
}

export interface AttemptOptions {
  /** Undefined: the model's provider is not configured. */
  languageModel: LanguageModel | undefined;
  request: Omit<ModelRequest, 'signal'>;
  /** Gets the text; its stop signal ends the attempt. */
  response: LiveResponse;
  /** When the response began, as `performance.now()`. */
  startedAt: number;
  limits: AttemptLimits;
}

/** Far beyond any model's answer: what bounds the memory that a provider gone wild can take. UTF-16 code units. */
const TEXT_LENGTH_MAX = 8_000_000;

/** Sends one request to one model and writes what comes into the response. Never rejects. */
export async function attemptAnswer(options: AttemptOptions): Promise<AttemptResult> {
  const { languageModel, request, response, startedAt, limits } = options;
  const attemptedAt = performance.now();
  const result: AttemptResult = {
    failure: null,
    finishReason: null,
    usage: null,
    usageOutdated: false,
    refusal: '',
    citations: [],
    firstTokenMs: null,
  };
  const abort = new AbortController();
  let ended = false;
  const end = (failure: ModelFailure) => {
    ended = true;
    abort.abort(failure);
  };
  const stop = () => end(new ModelFailure('INTERNAL', 'Stopped.'));
  if (response.stopSignal.aborted) stop();
  response.stopSignal.addEventListener('abort', stop, { once: true });
  const silence = watchSilence(limits, end);

  function onPart(part: ModelPart) {
    if (ended) return;
    silence.heard(part);
    if (part.type === 'text' || part.type === 'reasoning') {
      response.append(part);
      result.usageOutdated = true;
      if (response.firstTokenMs === null && response.hasCharacters) {
        response.firstTokenMs = Math.round(performance.now() - startedAt);
        result.firstTokenMs = Math.round(performance.now() - attemptedAt);
      }
      if (response.text.length > TEXT_LENGTH_MAX || response.reasoning.length > TEXT_LENGTH_MAX) {
        end(new ModelFailure('PROVIDER_ERROR', 'The model sent more text than any answer has.'));
      }
    } else {
      note(part, result);
    }
  }

  try {
    if (ended) throw abort.signal.reason;
    if (!languageModel) throw new ModelFailure('AUTHENTICATION', 'No credentials are configured for this provider.');
    await Promise.race([languageModel.stream({ ...request, signal: abort.signal }, onPart), aborted(abort.signal)]);
  } catch (error) {
    // An abort of ours explains itself better than whatever the SDK makes of it.
    result.failure = toFailure(ended ? abort.signal.reason : error);
  } finally {
    silence.end();
    response.stopSignal.removeEventListener('abort', stop);
    result.refusal = toStorable(result.refusal);
  }
  return result;
}

function note(part: Exclude<ModelPart, { type: 'text' | 'reasoning' }>, result: AttemptResult): void {
  switch (part.type) {
    case 'activity':
      break;
    case 'refusal':
      result.refusal += part.text;
      break;
    case 'citation':
      if (!result.citations.some(({ url }) => url === part.url)) {
        result.citations.push({ url: toStorable(part.url), title: part.title && toStorable(part.title) });
      }
      break;
    case 'usage':
      if (!isCredible(part.usage)) break;
      result.usage = part.usage;
      result.usageOutdated = false;
      break;
    case 'finish':
      result.finishReason = part.reason;
      break;
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** Calls `onSilence` once, when nothing came for too long. Parts only note the time; one timer looks at it. */
function watchSilence(limits: AttemptLimits, onSilence: (failure: ModelFailure) => void) {
  const startedAt = performance.now();
  let lastHeardAt: number | null = null;
  let hasCharacters = false;
  let timer = setTimeout(look, Math.min(limits.firstTokenTimeoutMs, limits.idleTimeoutMs));

  function look() {
    const now = performance.now();
    const idleMsLeft = lastHeardAt === null ? Number.POSITIVE_INFINITY : lastHeardAt + limits.idleTimeoutMs - now;
    const firstTokenMsLeft = hasCharacters ? Number.POSITIVE_INFINITY : startedAt + limits.firstTokenTimeoutMs - now;
    if (idleMsLeft <= 0) return onSilence(timedOut('The model fell silent for', limits.idleTimeoutMs));
    if (firstTokenMsLeft <= 0) return onSilence(timedOut('The model wrote nothing for', limits.firstTokenTimeoutMs));
    timer = setTimeout(look, Math.min(idleMsLeft, firstTokenMsLeft, limits.idleTimeoutMs));
  }

  return {
    heard(part: ModelPart) {
      lastHeardAt = performance.now();
      if ((part.type === 'text' || part.type === 'reasoning') && part.text !== '') hasCharacters = true;
    },
    end: () => clearTimeout(timer),
  };
}

function timedOut(what: string, ms: number): ModelFailure {
  return new ModelFailure('TIMEOUT', `${what} ${(ms / 1000).toLocaleString('en')} s.`);
}

function toFailure(error: unknown): ModelFailure {
  if (!(error instanceof ModelFailure)) {
    return new ModelFailure('INTERNAL', 'Something went wrong on this server.', { cause: error });
  }
  // It may hold the provider's own words.
  error.message = toStorable(error.message);
  return error;
}
