import { TEXT_BYTES_MAX } from '../limits.ts';
import { tooMuchText } from '../refusals.ts';

/** A text that is written piece by piece, and never grows beyond what may be kept. */
export class WrittenText {
  readonly #pieces: string[] = [];
  #length = 0;

  /** @throws FileRefusedError */
  write(piece: string): void {
    if (piece === '') return;
    this.#length += piece.length;
    if (this.#length > TEXT_BYTES_MAX) throw tooMuchText();
    this.#pieces.push(piece);
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** The text so far, which this then no longer has, without trailing space and without more than one empty line at a place. */
  take(): string {
    this.#length = 0;
    const lines = this.#pieces.splice(0).join('').split('\n');
    return lines
      .map((line) => line.trimEnd())
      .join('\n')
      .replace(/\n{3,}/g, '\n\n')
      .trim();
  }
}
