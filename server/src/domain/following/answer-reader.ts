import type { StoredPart } from '../../database/database.ts';
import type { MadeImage } from '../../ports/language-model.ts';
import { endOf, isTextKind, startOf } from '../answering/answer-parts.ts';
import type { LiveResponse, LiveResponses, TurnWatcher } from '../answering/live-responses.ts';
import type { LiveToolCall, ReasoningSignature } from '../answering/live-tool-call.ts';
import { DELTA_LENGTH_MAX } from './readable-response.ts';

/** A piece of an answer. `part` is the index of the part that it belongs to; parts come in the order of their indexes. */
export type AnswerPiece =
  | { type: 'text' | 'reasoning'; part: number; text: string }
  /** The provider's proof of the reasoning before it. */
  | { type: 'signature'; part: number; signature: ReasoningSignature }
  /** An image that the model made; null: it is not given here, or there was no room for it. */
  | { type: 'image'; part: number; image: MadeImage | null }
  /** The model begins to call a tool. */
  | { type: 'toolCall'; part: number; call: LiveToolCall }
  /** A piece of the call's arguments; pieces of several calls may come mixed. */
  | { type: 'toolArguments'; part: number; text: string };

/** Is told of a reader's news. Called often and synchronously, so it should only take note. */
export interface AnswerListener {
  wake(): void;
}

/**
 * Reads one answer that this process writes, from its beginning on. Like every reader it pulls: a slow one gets fewer,
 * longer pieces, and only its offsets are kept.
 */
export class AnswerReader implements TurnWatcher {
  readonly response: LiveResponse;
  /** Whether there is more to read than the last reading brought. */
  behind = false;
  #listener: AnswerListener | null = null;
  readonly #unwatch: () => void;
  /** The part that is read next; those before it are read, except the arguments of calls. */
  #part = 0;
  /** How far the text of the part is read. */
  #offset = 0;
  /** Calls whose arguments may still grow; null: none began. */
  #calls: { part: number; call: LiveToolCall; offset: number }[] | null = null;

  constructor(live: Pick<LiveResponses, 'watch'>, response: LiveResponse) {
    this.response = response;
    this.#unwatch = live.watch(response.turnId, this);
  }

  /** Whether nothing more will come, once everything is read. */
  get isComplete(): boolean {
    return this.response.state !== 'running';
  }

  listen(listener: AnswerListener): void {
    this.#listener = listener;
  }

  note(response: LiveResponse): void {
    if (response === this.response) this.#listener?.wake();
  }

  /** Returns what is new, in order. */
  read(): AnswerPiece[] {
    const pieces: AnswerPiece[] = [];
    const { parts } = this.response;
    this.behind = false;
    while (this.#part < parts.length && this.#readPart(parts, pieces)) {
      this.#part += 1;
      this.#offset = 0;
    }
    for (const open of this.#calls ?? []) {
      const text = pieceOf(open.call.arguments, open.offset, DELTA_LENGTH_MAX);
      if (text === '') continue;
      open.offset += text.length;
      this.behind ||= open.offset < open.call.arguments.length;
      pieces.push({ type: 'toolArguments', part: open.part, text });
    }
    return pieces;
  }

  /** @returns whether nothing more will come of the part, except arguments */
  #readPart(parts: readonly StoredPart[], pieces: AnswerPiece[]): boolean {
    const part = this.#part;
    const { kind, data } = parts[part] as StoredPart;
    if (kind === 'toolCall') {
      const call = data as LiveToolCall;
      // This house makes it: whoever reads here would make it again.
      if (call.progress) return true;
      this.#calls ??= [];
      this.#calls.push({ part, call, offset: 0 });
      pieces.push({ type: 'toolCall', part, call });
      return true;
    }
    if (kind === 'image') {
      pieces.push({ type: 'image', part, image: this.response.imageAt(part) });
      // Images are long: each is read by itself, once the reader has taken what came before.
      this.#part += 1;
      this.#offset = 0;
      this.behind ||= this.#part < parts.length;
      return false;
    }
    if (!isTextKind(kind)) {
      if (kind === 'signature') pieces.push({ type: 'signature', part, signature: data as ReasoningSignature });
      return true;
    }
    const log = this.response[kind];
    const isLast = part === parts.length - 1;
    const start = startOf(parts, part) + this.#offset;
    const end = isLast ? log.length : Math.min(endOf(parts, part), log.length);
    const text = pieceOf(log, start, Math.min(end - start, DELTA_LENGTH_MAX));
    if (text !== '') {
      this.#offset += text.length;
      pieces.push({ type: kind, part, text });
    }
    const isRead = start + text.length >= end;
    if (!isRead) this.behind = true;
    return isRead && !isLast;
  }

  close(): void {
    this.#listener = null;
    this.#unwatch();
    this.response.releaseImages();
  }
}

/** A piece of a text that never ends between the halves of a surrogate pair. */
function pieceOf(text: { since(offset: number, lengthMax: number): string }, offset: number, lengthMax: number) {
  const piece = text.since(offset, lengthMax);
  const last = piece.length === lengthMax ? piece.charCodeAt(piece.length - 1) : 0;
  return last >= 0xd800 && last <= 0xdbff ? piece.slice(0, -1) : piece;
}
