import {
  type FinishReason,
  type LanguageModel,
  type MadeImage,
  ModelFailure,
  type ModelPart,
  type ModelRequest,
  type OpaquePart,
} from '../../ports/language-model.ts';
import { toStorable } from '../ground/storable-text.ts';
import { PaidParts, type Payment } from './growing/paid-parts.ts';
import type { Stoppable } from './live-responses.ts';
import type { ReasoningSignature } from './live-tool-call.ts';
import type { AnswerTarget } from './requests/answer-target.ts';
import { type AttemptResult, note, nothingCame, type ProgramPart, TEXT_LENGTH_MAX } from './requests/attempt-result.ts';
import type { TakenImage } from './taken-image.ts';

export interface AttemptLimits {
  /** From the request to the first character, whatever else arrives in between. */
  firstTokenTimeoutMs: number;
  /** Silence after the first character. */
  idleTimeoutMs: number;
}

export interface AttemptOptions {
  /** Undefined: the model's provider is not configured. */
  languageModel: LanguageModel | undefined;
  request: Omit<ModelRequest, 'signal'>;
  /** Takes the text; the attempt ends when the response is stopped. */
  response: AnswerTarget;
  /** When the response began, as `performance.now()`. */
  startedAt: number;
  limits: AttemptLimits;
  /** The hold that must cover the text before it is written. Null: it covers any. */
  payment: Payment | null;
  /** Says what becomes of an image. Absent: images are dropped. */
  takeImage?: TakeImage | undefined;
}

export type TakeImage = (image: MadeImage) => TakenImage;

/** Of what a provider did by itself in one answer. UTF-16 code units. */
const OPAQUE_LENGTH_MAX = 4_000_000;
const PARTS_MAX = 10_000;
/** Images of one answer; further ones are dropped. */
const IMAGES_MAX = 8;
/** Characters of base64, of all images of an answer. */
const IMAGES_LENGTH_MAX = 48 * 1024 * 1024;

/** Sends one request to one model and writes what arrives into the response. Never rejects. */
export function attemptAnswer(options: AttemptOptions): Promise<AttemptResult> {
  const { languageModel, request, response, startedAt, limits, payment, takeImage } = options;
  // This is not an async function, since one would stay in memory with all its variables for as long as the answer
  // takes.
  return new Promise((resolve) => {
    const isCall = request.options !== undefined;
    const writer = new AnswerWriter({ response, isCall, startedAt, limits, payment, takeImage, onEnd: resolve });
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

/**
 * The properties are written out: a spread with one more property would make a hidden class of its own for every
 * request.
 */
function withSignal(request: Omit<ModelRequest, 'signal'>, signal: AbortSignal): ModelRequest {
  const { model, system, messages, maxOutputTokens, temperature, topP, reasoning, options, isCrowded } = request;
  return { model, system, messages, maxOutputTokens, temperature, topP, reasoning, options, signal, isCrowded };
}

/**
 * Writes the parts of one attempt into its response and its result, until the attempt ends or is silent for too long.
 */
class AnswerWriter implements Stoppable {
  /** Once true, further parts are ignored. */
  ended = false;
  readonly #result = nothingCame(null);
  readonly #abort = new AbortController();
  readonly #response: AnswerTarget;
  /** Whether a program called, which can be given tool calls. */
  readonly #isCall: boolean;
  readonly #startedAt: number;
  readonly #limits: AttemptLimits;
  readonly #onEnd: (result: AttemptResult) => void;
  /** Keeps parts back until they are paid; null: all are. */
  readonly #paid: PaidParts | null;
  readonly #attemptedAt = performance.now();
  #lastHeardAt = this.#attemptedAt;
  readonly #imageTaker: TakeImage | undefined;
  #imagesLength = 0;
  #opaqueLength = 0;
  /** Of all calls of tools. */
  #argumentsLength = 0;
  #hasCharacters = false;
  /**
   * What the model is to be given back that came before the first character. It is kept back, because an attempt that
   * fails before it is made again, perhaps with another model.
   */
  #forModel: (ReasoningSignature | OpaquePart)[] = [];
  /** With what the request failed whose last words wait for credits; null: it did not, or has not ended yet. */
  #failure: ModelFailure | null = null;
  /** Why the provider said that the answer ends; null: it has not said so yet. */
  #ending: FinishReason | null = null;
  /** Checks for silence: parts only note the time when they arrive. */
  #silence: NodeJS.Timeout;

  constructor(options: {
    response: AnswerTarget;
    isCall: boolean;
    startedAt: number;
    limits: AttemptLimits;
    payment: Payment | null;
    takeImage: TakeImage | undefined;
    onEnd: (result: AttemptResult) => void;
  }) {
    const { response, isCall, startedAt, limits, payment, takeImage, onEnd } = options;
    this.#imageTaker = takeImage;
    this.#response = response;
    this.#isCall = isCall;
    this.#startedAt = startedAt;
    this.#limits = limits;
    this.#onEnd = onEnd;
    this.#paid = payment && new PaidParts(payment, response, this);
    this.#silence = setTimeout(() => this.#look(), Math.min(limits.firstTokenTimeoutMs, limits.idleTimeoutMs));
    response.whenStopped(this);
  }

  /** Aborts when the request is to be given up. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  stop(): void {
    const failure = new ModelFailure('INTERNAL', 'Stopped.');
    this.#finish(failure);
    this.#abort.abort(failure);
  }

  /** Ends the answer with what is paid: there are no credits for more. */
  shorten(): void {
    if (this.ended) return;
    // An answer that broke off is not whole, however much of it is paid.
    if (this.#failure && !this.#isWholeDespite(this.#failure)) this.#finish(this.#failure);
    else {
      this.#result.finishReason = 'LENGTH';
      this.#result.stoppedAt = null;
      this.#result.isShortened = true;
      this.#finish(null);
    }
    this.#abort.abort();
  }

  /** Gives the request up. The attempt ends here, since not every adapter ends at once when it is aborted. */
  giveUp(failure: ModelFailure): void {
    // The attempt ends before the abort, because our own failure explains itself better than what the SDK makes of an
    // abort.
    this.end(failure);
    this.#abort.abort(failure);
  }

  /** Ends the attempt, as soon as all that came is paid. */
  end(reason: ModelFailure | null): void {
    if (this.ended) return;
    this.#failure ??= reason;
    if (this.#paid?.keeps(() => this.#finish(reason))) clearTimeout(this.#silence);
    else this.#finish(reason);
  }

  #finish(reason: ModelFailure | null): void {
    if (this.ended) return;
    this.ended = true;
    this.#paid?.close();
    const failure = reason && !this.#isWholeDespite(reason) ? reason : this.#nothingSaid();
    clearTimeout(this.#silence);
    this.#response.whenStopped(null);
    // The message may be the provider's own words.
    if (failure) failure.message = toStorable(failure.message);
    else this.#giveToModel();
    this.#onEnd({ ...this.#result, failure, refusal: toStorable(this.#result.refusal) });
  }

  /** Whether only the terminal marker is missing: the provider has said why the answer ends, and what it used. */
  #isWholeDespite(failure: ModelFailure): boolean {
    const result = this.#result;
    const isOfConnection = failure.code === 'CONNECTION' || failure instanceof SilenceFailure;
    if (!isOfConnection || this.#ending === null || result.usage === null) return false;
    result.finishReason = this.#ending;
    return true;
  }

  /** The failure if the model ended its answer without saying anything: another try may bring an answer. */
  #nothingSaid(): ModelFailure | null {
    const { finishReason, refusal } = this.#result;
    const isNamed = finishReason !== null && finishReason !== 'STOP' && finishReason !== 'OTHER';
    const isExplained = isNamed || this.#result.isPaused === true;
    if (this.#hasCharacters || refusal !== '' || isExplained) return null;
    return new ModelFailure('PROVIDER_ERROR', 'The model ended its answer before its first word.');
  }

  write(part: ModelPart): void {
    if (this.ended) return;
    this.#lastHeardAt = performance.now();
    if (this.#paid === null || this.#paid.admits(part)) this.take(part);
  }

  /** Writes a part that is paid. */
  take(part: ModelPart): void {
    const result = this.#result;
    if (isOfProgram(part)) {
      if (this.#isCall) this.#writeForProgram(part);
      return;
    }
    if (part.type === 'image') {
      this.#takeImage(part);
      return;
    }
    if (part.type !== 'text' && part.type !== 'reasoning') {
      note(part, result);
      if (part.type === 'ending') this.#ending = part.reason;
      if (part.type === 'refusal' && part.text !== '') this.#hasCharacters = true;
      return;
    }
    if (part.text !== '') this.#begin();
    const length = this.#response.append(part);
    result.usageOutdated = true;
    this.#noteFirst();
    if (length > TEXT_LENGTH_MAX) this.#tooMuch();
  }

  /** An image counts as a character: what comes after a failure is no other answer. */
  #takeImage(image: MadeImage): void {
    const { images } = this.#response;
    this.#imagesLength += image.data.length;
    if (!this.#imageTaker || images.length >= IMAGES_MAX || this.#imagesLength > IMAGES_LENGTH_MAX) return;
    this.#begin();
    this.#result.usageOutdated = true;
    this.#response.addImage(this.#imageTaker(image));
    this.#noteFirst();
  }

  #writeForProgram(part: ProgramPart): void {
    const response = this.#response;
    if (response.parts.length >= PARTS_MAX) this.#tooMuch();
    else if (part.type === 'signature' || part.type === 'opaque') {
      if (part.type === 'opaque') this.#opaqueLength += part.data.length;
      this.#forModel.push(
        part.type === 'opaque' ? part : { text: part.text.slice(0, TEXT_LENGTH_MAX), redacted: part.redacted },
      );
      if (this.#forModel.length > PARTS_MAX || this.#opaqueLength > OPAQUE_LENGTH_MAX) this.#tooMuch();
      else if (this.#hasCharacters) this.#giveToModel();
    } else {
      this.#result.usageOutdated = true;
      this.#begin();
      if (part.type === 'toolCall') {
        const { id, name, signature } = part;
        response.beginCall({ id: toStorable(id), name: toStorable(name), signature });
      } else {
        this.#argumentsLength += part.text.length;
        response.appendArguments(part.call, part.text);
        if (this.#argumentsLength > TEXT_LENGTH_MAX) this.#tooMuch();
      }
      this.#noteFirst();
    }
  }

  #begin(): void {
    if (this.#hasCharacters) return;
    this.#giveToModel();
    this.#hasCharacters = true;
  }

  #giveToModel(): void {
    for (const one of this.#forModel) {
      if ('data' in one) this.#response.addOpaque?.(one);
      else this.#response.addSignature(one);
    }
    this.#forModel = [];
  }

  #noteFirst(): void {
    const response = this.#response;
    if (response.firstTokenMs !== null || !response.hasCharacters) return;
    response.firstTokenMs = Math.round(this.#lastHeardAt - this.#startedAt);
    this.#result.firstTokenMs = Math.round(this.#lastHeardAt - this.#attemptedAt);
  }

  #tooMuch(): void {
    this.giveUp(new ModelFailure('PROVIDER_ERROR', 'The model sent too much text for one answer.'));
  }

  /**
   * Silence counts from the first character on: before it, a model may be thinking while a gateway keeps the connection
   * alive.
   */
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

function isOfProgram(part: ModelPart): part is ProgramPart {
  const { type } = part;
  return type === 'toolCall' || type === 'toolArguments' || type === 'signature' || type === 'opaque';
}

/** The model was silent for longer than this server waits. */
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
