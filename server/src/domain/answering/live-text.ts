import { toStorable } from '../ground/storable-text.ts';

/** UTF-16 code units, or somewhat more. */
const BLOCK_LENGTH = 1024;

/**
 * A text that only grows, and is read from any place in it. Appending and reading what was appended last take
 * time by the length of the piece, not of the text.
 *
 * Every reader sees storable text: NUL and lone surrogates, which Postgres refuses, are replaced at the door by
 * U+FFFD (of the same length), and the text never ends between the halves of a surrogate pair.
 */
export class LiveText {
  // V8 joins strings lazily and flattens them when they are read: reading the end of one long joined string would
  // copy all of it every time. So the text is kept in blocks, and only the last one is joined to.
  readonly #blocks: string[] = [];
  #blocksLength = 0;
  #recent = '';
  /** What was appended last: mostly just what is read next. */
  #last = '';
  #halfPair = '';

  /** In UTF-16 code units. */
  get length(): number {
    return this.#blocksLength + this.#recent.length;
  }

  /** @returns what became readable, which may be less than the piece (half a pair waits for the other half) */
  append(piece: string): string {
    let arrived = this.#halfPair === '' ? piece : this.#halfPair + piece;
    this.#halfPair = '';
    const last = arrived.charCodeAt(arrived.length - 1);
    if (last >= 0xd800 && last <= 0xdbff) {
      this.#halfPair = arrived.slice(-1);
      arrived = arrived.slice(0, -1);
    }
    arrived = toStorable(arrived);
    if (this.#recent.length >= BLOCK_LENGTH) {
      // Looking into it makes one string of the many that it was joined of, which take several times as much memory.
      this.#recent.charCodeAt(0);
      this.#blocks.push(this.#recent);
      this.#blocksLength += this.#recent.length;
      this.#recent = '';
    }
    this.#recent += arrived;
    this.#last = arrived;
    return arrived;
  }

  /** Nothing more will come: half a pair that is still waiting becomes U+FFFD. */
  end(): void {
    if (this.#halfPair === '') return;
    this.#halfPair = '';
    this.#recent += '\ufffd';
    this.#last = '\ufffd';
  }

  /** Half a pair that is still waiting was of a text that does not go on; another one begins. */
  forgetHalf(): void {
    this.#halfPair = '';
  }

  /** From `offset` (UTF-16 code units) on, at most `lengthMax` of them; empty where there is no such place yet. */
  since(offset: number, lengthMax = Number.POSITIVE_INFINITY): string {
    const end = Math.min(offset + lengthMax, this.length);
    if (offset >= end) return '';
    if (offset + this.#last.length === end && end === this.length) return this.#last;
    let start = this.#blocksLength;
    let text = end > start ? this.#recent.slice(0, end - start) : '';
    for (let index = this.#blocks.length - 1; offset < start; index--) {
      const block = this.#blocks[index] as string;
      start -= block.length;
      if (start < end) text = block.slice(0, end - start) + text;
    }
    return text.slice(offset - start);
  }

  toString(): string {
    return this.since(0);
  }
}
