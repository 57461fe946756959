/** Finds where a JSON object ends that arrives in pieces. What is no object never ends. */
export class ObjectEnd {
  isReached = false;
  #depth = 0;
  #isInString = false;
  #isEscaped = false;

  /** The part of the piece that belongs to the object: all of it, until the end is reached. */
  take(piece: string): string {
    for (let index = 0; index < piece.length; index++) {
      if (this.isReached) return piece.slice(0, index);
      this.#read(piece.charCodeAt(index));
    }
    return piece;
  }

  #read(code: number): void {
    if (this.#isInString) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (code === BACKSLASH) this.#isEscaped = true;
      else if (code === QUOTE) this.#isInString = false;
    } else if (code === QUOTE) {
      this.#isInString = true;
    } else if (code === OPEN_BRACE) {
      this.#depth++;
    } else if (code === CLOSE_BRACE) {
      this.#depth--;
      this.isReached = this.#depth === 0;
    }
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
