/** Finds where a JSON object or array ends that arrives in pieces. What is neither of the two never ends. */
export class JsonEnd {
  /** Whether the end has come. */
  isReached = false;
  #depth = 0;
  #inString = false;
  #escaped = false;

  /** The part of the piece that belongs to the value: all of it, until the end has come. */
  take(piece: string): string {
    if (this.isReached) return '';
    for (let index = 0; index < piece.length; index++) {
      this.#read(piece.charCodeAt(index));
      if (this.isReached) return piece.slice(0, index + 1);
    }
    return piece;
  }

  #read(code: number): void {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false;
      else if (code === BACKSLASH) this.#escaped = true;
      else if (code === QUOTE) this.#inString = false;
    } else if (code === QUOTE) {
      this.#inString = true;
    } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      this.#depth++;
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      this.#depth--;
      this.isReached = this.#depth === 0;
    }
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
