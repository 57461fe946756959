import type { StoredCitation } from '../../database/database.ts';
import {
  type FinishReason,
  type LanguageModel,
  ModelFailure,
  type ModelPart,
  type ModelRequest,
  type TokenUsage,
} from '../../ports/language-model.ts';
import { toStorable } from '../ground/storable-text.ts';
import type { LiveResponse, Stoppable } from './live-responses.ts';
import { isCredible, laterUsage } from './token-usage.ts';

export interface AttemptLimits {
  /** From the request to the first character, whatever else comes meanwhile. */
  firstTokenTimeoutMs: number;
  /** Silence after the first character. */
  idleTimeoutMs: number;
}

export interface AttemptResult {
  /** Null: the model said that it is done. */
  failure: ModelFailure | null;
  finishReason: FinishReason | null;
  /** The most the provider said of it. */
  usage: TokenUsage | null;
  /** Whether text came after that. */
  usageOutdated: boolean;
  /** The most that the provider said it bills, in USD; null: it said nothing. */
  costUsd: number | null;
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
const CITATIONS_MAX = 1000;

/** Sends one request to one model and writes what comes into the response. Never rejects. */
export function attemptAnswer(options: AttemptOptions): Promise<AttemptResult> {
  const { languageModel, request, response, startedAt, limits } = options;
  // No function that waits: it would be kept with all its variables as long as the answer takes.
  return new Promise((resolve) => {
    const writer = new AnswerWriter({ response, startedAt, limits, onEnd: resolve });
    if (writer.ended) return;
    if (!languageModel) {
      return writer.giveUp(new ModelFailure('AUTHENTICATION', 'No credentials are configured for this provider.'));
    }
    try {
      languageModel
        .stream(withSignal(request, writer.signal), (part) => writer.write(part))
        .then(
          () => writer.end(null),
          (error) => writer.end(toFailure(error)),
        );
    } catch (error) {
      writer.end(toFailure(error));
    }
  });
}

/** Written out: a spread with one more property has a hidden class of its own for every request. */
function withSignal(request: Omit<ModelRequest, 'signal'>, signal: AbortSignal): ModelRequest {
  const { model, system, messages, maxOutputTokens, temperature, topP, reasoning, isCrowded } = request;
  return { model, system, messages, maxOutputTokens, temperature, topP, reasoning, signal, isCrowded };
}

/** Of an attempt that nothing came of. */
export function nothingCame(failure: ModelFailure | null): AttemptResult {
  return {
    failure,
    finishReason: null,
    usage: null,
    usageOutdated: false,
    costUsd: null,
    refusal: '',
    citations: [],
    firstTokenMs: null,
  };
}

/** Writes the parts of one attempt into its response and into its result, until it ends or nothing comes for too long. */
class AnswerWriter implements Stoppable {
  /** Nothing more is taken. */
  ended = false;
  readonly #result = nothingCame(null);
  readonly #abort = new AbortController();
  readonly #response: LiveResponse;
  readonly #startedAt: number;
  readonly #limits: AttemptLimits;
  readonly #onEnd: (result: AttemptResult) => void;
  readonly #attemptedAt = performance.now();
  #lastHeardAt = this.#attemptedAt;
  #hasCharacters = false;
  /** Why the provider said that the answer ends; null: it did not yet. */
  #ending: FinishReason | null = null;
  /** Parts only note the time; this looks at it. */
  #silence: NodeJS.Timeout;

  constructor(options: {
    response: LiveResponse;
    startedAt: number;
    limits: AttemptLimits;
    onEnd: (result: AttemptResult) => void;
  }) {
    const { response, startedAt, limits, onEnd } = options;
    this.#response = response;
    this.#startedAt = startedAt;
    this.#limits = limits;
    this.#onEnd = onEnd;
    this.#silence = setTimeout(() => this.#look(), Math.min(limits.firstTokenTimeoutMs, limits.idleTimeoutMs));
    response.whenStopped(this);
  }

  /** Goes off when nothing more is taken, and the request is to be given up. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  stop(): void {
    this.giveUp(new ModelFailure('INTERNAL', 'Stopped.'));
  }

  /** Gives the request up. The attempt has ended with that, whatever becomes of it: not every adapter ends at once. */
  giveUp(failure: ModelFailure): void {
    // First, because an abort of ours explains itself better than whatever the SDK makes of it.
    this.end(failure);
    this.#abort.abort(failure);
  }

  end(reason: ModelFailure | null): void {
    if (this.ended) return;
    this.ended = true;
    const failure = reason && !this.#isWholeDespite(reason) ? reason : this.#nothingSaid();
    clearTimeout(this.#silence);
    this.#response.whenStopped(null);
    // They may be the provider's own words.
    if (failure) failure.message = toStorable(failure.message);
    this.#onEnd({ ...this.#result, failure, refusal: toStorable(this.#result.refusal) });
  }

  /** Whether nothing is missing but the terminal marker: the provider said why it ends, and what it used. */
  #isWholeDespite(failure: ModelFailure): boolean {
    const result = this.#result;
    const isOfConnection = failure.code === 'CONNECTION' || failure instanceof SilenceFailure;
    if (!isOfConnection || this.#ending === null || result.usage === null) return false;
    result.finishReason = this.#ending;
    return true;
  }

  /** The model said that it is done, and nothing else: another try may bring an answer. */
  #nothingSaid(): ModelFailure | null {
    const { finishReason, refusal } = this.#result;
    const isExplained = finishReason !== null && finishReason !== 'STOP' && finishReason !== 'OTHER';
    if (this.#hasCharacters || refusal !== '' || isExplained) return null;
    return new ModelFailure('PROVIDER_ERROR', 'The model ended its answer before its first word.');
  }

  write(part: ModelPart): void {
    if (this.ended) return;
    this.#lastHeardAt = performance.now();
    const result = this.#result;
    if (part.type !== 'text' && part.type !== 'reasoning') {
      note(part, result);
      if (part.type === 'ending') this.#ending = part.reason;
      if (part.type === 'refusal' && part.text !== '') this.#hasCharacters = true;
      return;
    }
    const response = this.#response;
    const length = response.append(part);
    result.usageOutdated = true;
    if (part.text !== '') this.#hasCharacters = true;
    if (response.firstTokenMs === null && response.hasCharacters) {
      response.firstTokenMs = Math.round(this.#lastHeardAt - this.#startedAt);
      result.firstTokenMs = Math.round(this.#lastHeardAt - this.#attemptedAt);
    }
    if (length > TEXT_LENGTH_MAX) {
      this.giveUp(new ModelFailure('PROVIDER_ERROR', 'The model sent too much text for one answer.'));
    }
  }

  /** Silence counts from the first character on: until then a model may think, and a gateway keep the connection alive. */
  #look(): void {
    const { firstTokenTimeoutMs, idleTimeoutMs } = this.#limits;
    const now = performance.now();
    const [msLeft, what, limitMs] = this.#hasCharacters
      ? ([this.#lastHeardAt + idleTimeoutMs - now, 'The model fell silent for', idleTimeoutMs] as const)
      : ([this.#attemptedAt + firstTokenTimeoutMs - now, 'The model wrote nothing for', firstTokenTimeoutMs] as const);
    if (msLeft <= 0) this.giveUp(new SilenceFailure(what, limitMs));
    else this.#silence = setTimeout(() => this.#look(), Math.min(msLeft, idleTimeoutMs));
  }
}

function note(part: Exclude<ModelPart, { type: 'text' | 'reasoning' }>, result: AttemptResult): void {
  switch (part.type) {
    case 'activity':
    case 'ending':
      break;
    case 'refusal':
      if (result.refusal.length < TEXT_LENGTH_MAX) result.refusal += part.text;
      break;
    case 'citation':
      if (result.citations.length < CITATIONS_MAX && !result.citations.some(({ url }) => url === part.url)) {
        result.citations.push({ url: toStorable(part.url), title: part.title && toStorable(part.title) });
      }
      break;
    case 'usage':
      if (part.costUsd !== undefined && part.costUsd >= 0) result.costUsd = Math.max(result.costUsd ?? 0, part.costUsd);
      if (!isCredible(part.usage)) break;
      result.usage = laterUsage(result.usage, part.usage);
      // Without an output it tells nothing of what was written by now.
      if (part.usage.outputTokens + part.usage.reasoningTokens > 0) result.usageOutdated = false;
      break;
    case 'finish':
      result.finishReason = part.reason;
      break;
  }
}

/** Nothing came for too long: our own patience ended. */
class SilenceFailure extends ModelFailure {
  constructor(what: string, ms: number) {
    super('TIMEOUT', `${what} ${(ms / 1000).toLocaleString('en')} s.`);
  }
}

function toFailure(error: unknown): ModelFailure {
  return error instanceof ModelFailure
    ? error
    : new ModelFailure('INTERNAL', 'Something went wrong on this server.', { cause: error });
}
