import type { StoredPart } from '../../database/database.ts';
import type { ShownResponseRow } from '../../database/judging/shown-responses.ts';
import {
  endOf,
  hiddenPartsOf,
  type ImagePart,
  imagePartOf,
  isTextKind,
  startOf,
  type ToolCallPart,
  toolCallPartOf,
} from '../answering/answer-parts.ts';
import { type Failure, LiveResponse, type ResponseNotice } from '../answering/live-responses.ts';
import { isCallEnded, LiveToolCall } from '../answering/live-tool-call.ts';
import { DELTA_LENGTH_MAX, type ReadableResponse, type ReadableText } from './readable-response.ts';

export type ResponseEvent = { responseId: string } & (
  | { type: 'started'; servedBy: string; attempt: number }
  | { type: 'fellBack'; from: string; to: string; failure: Failure }
  | { type: 'text'; modelId: string; partIndex: number; offset: number; text: string; outputTokens: number }
  | { type: 'reasoning'; modelId: string; partIndex: number; offset: number; text: string }
  | { type: 'image'; part: ImagePart }
  | { type: 'toolCall'; part: ToolCallPart }
  | { type: 'finished'; response: ShownResponseRow }
);

/** News that a reader found; the row of a finished response is still to be looked up. */
export type News = Exclude<ResponseEvent, { type: 'finished' }> | { type: 'finished'; responseId: string };

/** A reader's position, in UTF-16 code units. */
export interface ResumePoint {
  responseId: string;
  textOffset: number;
  reasoningOffset: number;
  /**
   * Positions in single parts, each counted from the part's beginning. They count together with the two offsets: the
   * furthest position wins.
   */
  parts?: readonly PartOffset[] | null | undefined;
}

export interface PartOffset {
  index: number;
  offset: number;
}

/** What a reader was told of a call. */
interface ToldOfCall {
  status: string;
  /** Of its arguments, in UTF-16 code units. */
  length: number;
}

const GROWTH = 1.25;
const GROWTH_MIN = 32;

/** One reader's place in one response. */
export class ResponseReader {
  readonly responseId: string;
  source: ReadableResponse | null = null;
  finished = false;
  /** Whether there is more to read than the last reading brought. */
  behind = false;
  /** Whether there may be something new since the last reading. */
  noted = false;
  textOffset: number;
  reasoningOffset: number;
  #noticesRead = 0;
  /** Whether a hidden response's start was told. */
  #isStartTold = false;
  /** Images that were told of and come after what has been read to its end, by their parts' places; null: none. */
  #imagesTold: Set<number> | null = null;
  /** The images of a hidden response that were told of, by their parts' places among those that are shown; null: none. */
  #hiddenImagesTold: Set<number> | null = null;
  /** Calls of tools that were told of, by their parts' places, with what was told; null: none. */
  #callsTold: Map<number, ToldOfCall> | null = null;
  /** Parts before this one have been read to their ends. */
  #partsRead = 0;
  /** Positions in single parts that were asked for, kept until the places of the parts are known. */
  #partOffsets: readonly PartOffset[];

  constructor(responseId: string, resume: ResumePoint | undefined) {
    this.responseId = responseId;
    this.textOffset = resume?.textOffset ?? 0;
    this.reasoningOffset = resume?.reasoningOffset ?? 0;
    this.#partOffsets = resume?.parts ?? [];
  }

  /** Whether the response is written in this process (or was, and is final), so that memory has all of it. */
  get followsLive(): boolean {
    return this.source instanceof LiveResponse && this.source.state !== 'abandoned';
  }

  /** Whether the response is written in this process and goes on. */
  get isWrittenHere(): boolean {
    return this.source instanceof LiveResponse && this.source.state === 'running';
  }

  /** Adds everything that is new to `events`. */
  read(events: News[]): void {
    const { source, responseId } = this;
    if (!source) return;
    if (this.#partOffsets.length > 0) this.#goTo(source.parts);
    const modelId = source.servedBy ?? source.modelId;
    for (; this.#noticesRead < source.notices.length; this.#noticesRead++) {
      events.push({ responseId, ...(source.notices[this.#noticesRead] as ResponseNotice) });
    }

    this.behind = this.#readTexts(source, modelId, events);
    this.noted = this.behind;
    if (source.state === 'final' && !this.behind) {
      events.push({ type: 'finished', responseId });
      this.finished = true;
    }
  }

  /**
   * Adds what is new of a response whose model is hidden, as the stand-in's: its text as far as `limit`, as one part, its
   * images as parts behind it, and then its end. Where there is a limit, the images come with the end: when they came would
   * tell how fast their model is.
   */
  readHidden(events: News[], standIn: string, limit: number): void {
    const { source, responseId } = this;
    if (!source) return;
    this.#goToHidden();
    if (!this.#isStartTold) events.push({ type: 'started', responseId, servedBy: standIn, attempt: 1 });
    this.#isStartTold = true;
    // What is written from here on comes with the next reading.
    const { state, text } = source;
    const end = Math.min(text.length, limit);
    const offset = this.textOffset;
    const piece = offset < end ? pieceOf(text, offset, Math.min(DELTA_LENGTH_MAX, end - offset)) : '';
    if (piece !== '') {
      events.push({ type: 'text', responseId, modelId: standIn, partIndex: 0, offset, text: piece, outputTokens: 0 });
      this.textOffset += piece.length;
    }
    this.behind = end - this.textOffset > 1;
    this.noted = this.behind;
    const isEnd = state === 'final' && limit >= text.length && this.textOffset >= text.length;
    if (isEnd || limit === Number.POSITIVE_INFINITY) this.#tellHiddenImages(source, events);
    if (isEnd) {
      events.push({ type: 'finished', responseId });
      this.finished = true;
    }
  }

  #tellHiddenImages({ parts }: ReadableResponse, events: News[]): void {
    if (!parts.some(({ kind }) => kind === 'image')) return;
    this.#hiddenImagesTold ??= new Set();
    for (const [index, part] of hiddenPartsOf(parts).entries()) {
      const image = imagePartOf(part, index);
      if (!image || this.#hiddenImagesTold.has(index)) continue;
      this.#hiddenImagesTold.add(index);
      events.push({ type: 'image', responseId: this.responseId, part: image });
    }
  }

  /** The text of a hidden response is one part. */
  #goToHidden(): void {
    for (const { index, offset } of this.#partOffsets) {
      if (index === 0) this.textOffset = Math.max(this.textOffset, offset);
    }
    this.#partOffsets = [];
  }

  #goTo(parts: readonly StoredPart[]): void {
    for (const { index, offset } of this.#partOffsets) {
      const kind = parts[index]?.kind;
      if (kind === undefined || !isTextKind(kind)) continue;
      const place = Math.min(startOf(parts, index) + offset, endOf(parts, index));
      if (kind === 'text') this.textOffset = Math.max(this.textOffset, place);
      else this.reasoningOffset = Math.max(this.reasoningOffset, place);
    }
    this.#partOffsets = [];
  }

  /** Tells of a call whenever it has changed. @returns 0 if nothing more becomes of it, else more */
  #readCall({ parts, state }: ReadableResponse, index: number, events: News[]): number {
    const { data } = parts[index] as StoredPart;
    const { responseId } = this;
    const part = toolCallPartOf(responseId, { index, kind: 'toolCall', data });
    if (!part) return 0;
    this.#callsTold ??= new Map();
    const { status } = part.data;
    const length = data instanceof LiveToolCall ? data.arguments.length : 0;
    const told = this.#callsTold.get(index);
    // Arguments are told whole, so that they have to have grown by a good part.
    if (!told || told.status !== status || length > told.length * GROWTH + GROWTH_MIN) {
      this.#callsTold.set(index, { status, length });
      events.push({ type: 'toolCall', responseId, part });
    }
    return isCallEnded(part.data) || state === 'final' ? 0 : 1;
  }

  /** Tells of an image once it is kept, and of calls. @returns 0 if the part is read to its end, else more */
  #readOther(source: ReadableResponse, index: number, events: News[]): number {
    const { parts, state } = source;
    const part = parts[index] as StoredPart;
    if (part.kind === 'toolCall') return this.#readCall(source, index, events);
    if (part.kind !== 'image' || this.#imagesTold?.has(index)) return 0;
    const image = imagePartOf(part, index);
    if (!image) return state === 'running' ? 1 : 0;
    this.#imagesTold ??= new Set();
    this.#imagesTold.add(index);
    events.push({ type: 'image', responseId: this.responseId, part: image });
    return 0;
  }

  /** Adds a delta for each part that has something new, in order. @returns whether there is more than was read */
  #readTexts(source: ReadableResponse, modelId: string, events: News[]): boolean {
    const { responseId } = this;
    const { parts } = source;
    let textLeft = DELTA_LENGTH_MAX;
    let reasoningLeft = DELTA_LENGTH_MAX;
    for (let partIndex = this.#partsRead; partIndex < parts.length; partIndex++) {
      const kind = (parts[partIndex] as StoredPart).kind;
      const end = isTextKind(kind) ? endOf(parts, partIndex) : this.#readOther(source, partIndex, events);
      if (kind === 'text' && this.textOffset >= startOf(parts, partIndex)) {
        const offset = this.textOffset;
        const text = pieceOf(source.text, offset, Math.min(textLeft, end - offset));
        if (text !== '') {
          const outputTokens = source.outputTokensEstimate;
          events.push({ type: 'text', responseId, modelId, partIndex, offset, text, outputTokens });
          this.textOffset += text.length;
          textLeft -= text.length;
        }
      } else if (kind === 'reasoning' && this.reasoningOffset >= startOf(parts, partIndex)) {
        const offset = this.reasoningOffset;
        const text = pieceOf(source.reasoning, offset, Math.min(reasoningLeft, end - offset));
        if (text !== '') {
          events.push({ type: 'reasoning', responseId, modelId, partIndex, offset, text });
          this.reasoningOffset += text.length;
          reasoningLeft -= text.length;
        }
      }
      const read = kind === 'text' ? this.textOffset : kind === 'reasoning' ? this.reasoningOffset : 0;
      if (read >= end && partIndex === this.#partsRead) this.#partsRead += 1;
    }
    // A piece is one shorter if the second half of a surrogate pair would not fit.
    return Math.min(textLeft, reasoningLeft) <= 1;
  }
}

/** A piece of a text that never ends between the halves of a surrogate pair. */
function pieceOf(text: ReadableText, offset: number, lengthMax: number): string {
  const piece = text.since(offset, lengthMax);
  const last = piece.length === lengthMax ? piece.charCodeAt(piece.length - 1) : 0;
  return last >= 0xd800 && last <= 0xdbff ? piece.slice(0, -1) : piece;
}
