import type { ResponseRow } from '../../database/responses.ts';
import { type Failure, LiveResponse, type ResponseNotice } from '../answering/live-responses.ts';
import { DELTA_LENGTH_MAX, type ReadableResponse, type ReadableText } from './readable-response.ts';

export type ResponseEvent = { responseId: string } & (
  | { type: 'started'; servedBy: string; attempt: number }
  | { type: 'fellBack'; from: string; to: string; failure: Failure }
  | { type: 'text'; modelId: string; offset: number; text: string; outputTokens: number }
  | { type: 'reasoning'; modelId: string; offset: number; text: string }
  | { type: 'finished'; response: ResponseRow }
);

/** What a reader found; a finished response is yet to be looked up. */
export type News = Exclude<ResponseEvent, { type: 'finished' }> | { type: 'finished'; responseId: string };

/** Where a reader is, in UTF-16 code units. */
export interface ResumePoint {
  responseId: string;
  textOffset: number;
  reasoningOffset: number;
}

/** One reader's place in one response. */
export class ResponseReader {
  readonly responseId: string;
  source: ReadableResponse | null = null;
  finished = false;
  /** There is more to read than the last reading brought. */
  behind = false;
  /** Whether there may be something new since the last reading. */
  noted = false;
  textOffset: number;
  reasoningOffset: number;
  #noticesRead = 0;

  constructor(responseId: string, resume: ResumePoint | undefined) {
    this.responseId = responseId;
    this.textOffset = resume?.textOffset ?? 0;
    this.reasoningOffset = resume?.reasoningOffset ?? 0;
  }

  /** Whether it is written in this process (or was, and is final), so that memory tells all. */
  get followsLive(): boolean {
    return this.source instanceof LiveResponse && this.source.state !== 'abandoned';
  }

  /** Whether it is written in this process and goes on. */
  get isWrittenHere(): boolean {
    return this.source instanceof LiveResponse && this.source.state === 'running';
  }

  /** Adds what is new to `events`. */
  read(events: News[]): void {
    const { source, responseId } = this;
    if (!source) return;
    const modelId = source.servedBy ?? source.modelId;
    for (; this.#noticesRead < source.notices.length; this.#noticesRead++) {
      events.push({ responseId, ...(source.notices[this.#noticesRead] as ResponseNotice) });
    }

    const reasoning = pieceOf(source.reasoning, this.reasoningOffset);
    if (reasoning !== '') {
      events.push({ type: 'reasoning', responseId, modelId, offset: this.reasoningOffset, text: reasoning });
      this.reasoningOffset += reasoning.length;
    }
    const text = pieceOf(source.text, this.textOffset);
    if (text !== '') {
      const outputTokens = source.outputTokensEstimate;
      events.push({ type: 'text', responseId, modelId, offset: this.textOffset, text, outputTokens });
      this.textOffset += text.length;
    }
    // One less where the second half of a pair would not fit.
    this.behind = Math.max(reasoning.length, text.length) >= DELTA_LENGTH_MAX - 1;
    this.noted = this.behind;
    if (source.state === 'final' && !this.behind) {
      events.push({ type: 'finished', responseId });
      this.finished = true;
    }
  }
}

/** Never the first half of a pair without the second. */
function pieceOf(text: ReadableText, offset: number): string {
  const piece = text.since(offset, DELTA_LENGTH_MAX);
  const last = piece.length === DELTA_LENGTH_MAX ? piece.charCodeAt(piece.length - 1) : 0;
  return last >= 0xd800 && last <= 0xdbff ? piece.slice(0, -1) : piece;
}
