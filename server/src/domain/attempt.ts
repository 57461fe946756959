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
  /** Gets the text; the attempt ends when it is stopped. */
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
  const writer = new AnswerWriter(response, startedAt);
  const { result, signal } = writer;
  response.whenStopped(() => writer.end(new ModelFailure('INTERNAL', 'Stopped.')));
  const endWatch = watchSilence(writer, limits);

  try {
    if (writer.ended) throw signal.reason;
    if (!languageModel) throw new ModelFailure('AUTHENTICATION', 'No credentials are configured for this provider.');
    const stream = languageModel.stream(withSignal(request, signal), (part) => writer.write(part));
    await new Promise<void>((resolve, reject) => {
      // Whatever becomes of the stream: not every adapter ends at once.
      writer.onEnd = reject;
      stream.then(resolve, reject);
    });
  } catch (error) {
    // An abort of ours explains itself better than whatever the SDK makes of it.
    result.failure = toFailure(writer.ended ? signal.reason : error);
  } finally {
    endWatch();
    response.whenStopped(null);
    result.refusal = toStorable(result.refusal);
  }
  return result;
}

/** Written out: a spread with one more property has a hidden class of its own for every request. */
function withSignal(request: Omit<ModelRequest, 'signal'>, signal: AbortSignal): ModelRequest {
  const { model, system, messages, maxOutputTokens, temperature, topP, reasoning } = request;
  return { model, system, messages, maxOutputTokens, temperature, topP, reasoning, signal };
}

/** Of an attempt that nothing came of. */
export function nothingCame(failure: ModelFailure | null): AttemptResult {
  return {
    failure,
    finishReason: null,
    usage: null,
    usageOutdated: false,
    refusal: '',
    citations: [],
    firstTokenMs: null,
  };
}

/** Writes the parts of one attempt into its response and into its result. */
class AnswerWriter {
  readonly result = nothingCame(null);
  /** Whether nothing more is taken. */
  ended = false;
  readonly attemptedAt = performance.now();
  lastHeardAt: number | null = null;
  hasCharacters = false;
  readonly #response: LiveResponse;
  readonly #startedAt: number;
  readonly #abort = new AbortController();
  onEnd: ((failure: ModelFailure) => void) | null = null;

  constructor(response: LiveResponse, startedAt: number) {
    this.#response = response;
    this.#startedAt = startedAt;
  }

  /** Goes off when nothing more is taken. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  end(failure: ModelFailure): void {
    this.ended = true;
    this.#abort.abort(failure);
    this.onEnd?.(failure);
  }

  write(part: ModelPart): void {
    if (this.ended) return;
    this.lastHeardAt = performance.now();
    if (part.type !== 'text' && part.type !== 'reasoning') {
      note(part, this.result);
      return;
    }
    const response = this.#response;
    const length = response.append(part);
    this.result.usageOutdated = true;
    if (part.text !== '') this.hasCharacters = true;
    if (response.firstTokenMs === null && response.hasCharacters) {
      response.firstTokenMs = Math.round(this.lastHeardAt - this.#startedAt);
      this.result.firstTokenMs = Math.round(this.lastHeardAt - this.attemptedAt);
    }
    if (length > TEXT_LENGTH_MAX) {
      this.end(new ModelFailure('PROVIDER_ERROR', 'The model sent more text than any answer has.'));
    }
  }
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

/**
 * Ends the writing when nothing came for too long. Parts only note the time; one timer looks at it.
 *
 * @returns ends the watch
 */
function watchSilence(writer: AnswerWriter, limits: AttemptLimits): () => void {
  let timer = setTimeout(look, Math.min(limits.firstTokenTimeoutMs, limits.idleTimeoutMs));

  function look() {
    const now = performance.now();
    const { lastHeardAt, attemptedAt } = writer;
    const idleMsLeft = lastHeardAt === null ? Number.POSITIVE_INFINITY : lastHeardAt + limits.idleTimeoutMs - now;
    const firstTokenMsLeft = writer.hasCharacters
      ? Number.POSITIVE_INFINITY
      : attemptedAt + limits.firstTokenTimeoutMs - now;
    if (idleMsLeft <= 0) return writer.end(timedOut('The model fell silent for', limits.idleTimeoutMs));
    if (firstTokenMsLeft <= 0) return writer.end(timedOut('The model wrote nothing for', limits.firstTokenTimeoutMs));
    timer = setTimeout(look, Math.min(idleMsLeft, firstTokenMsLeft, limits.idleTimeoutMs));
  }

  return () => clearTimeout(timer);
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
