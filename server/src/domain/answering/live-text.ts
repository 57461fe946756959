import { toStorable } from '../ground/storable-text.ts';

/** UTF-16 code units; a block may be somewhat longer. */
const BLOCK_LENGTH = 1024;

/**
 * A text that only grows and can be read from any place. Appending a piece, and reading the last one, take time by the
 * length of the piece, not of the text.
 *
 * Every reader sees storable text: `append` replaces NUL and lone surrogates, which Postgres refuses, by U+FFFD (of the
 * same length), and the text never ends between the halves of a surrogate pair.
 */
export class LiveText {
  // V8 joins strings lazily and flattens them when they are read: reading the end of one long joined string would
  // copy all of it every time. So the text is kept in blocks, and only the last one is joined to.
  readonly #blocks: string[] = [];
  #blocksLength = 0;
  #recent = '';
  /** The piece that was appended last: mostly the one that is read next. */
  #last = '';
  #halfPair = '';

  /** In UTF-16 code units. */
  get length(): number {
    return this.#blocksLength + this.#recent.length;
  }

  /** @returns the text that became readable, which may be less than the piece (half a pair waits for the other half) */
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
      // `charCodeAt` flattens the many joined strings, which take several times as much memory, into one.
      this.#recent.charCodeAt(0);
      this.#blocks.push(this.#recent);
      this.#blocksLength += this.#recent.length;
      this.#recent = '';
    }
    this.#recent += arrived;
    this.#last = arrived;
    return arrived;
  }

  /** Ends the text: half a pair that is still waiting becomes U+FFFD. */
  end(): void {
    if (this.#halfPair === '') return;
    this.#halfPair = '';
    this.#recent += '\ufffd';
    this.#last = '\ufffd';
  }

  /** Drops half a pair that is still waiting, because its text does not go on; another text begins. */
  forgetHalf(): void {
    this.#halfPair = '';
  }

  /**
   * The text from `offset` on, at most `lengthMax` of it, both in UTF-16 code units; empty if it does not reach that
   * far yet.
   */
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
