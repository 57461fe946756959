const CR = 0x0d;
const LF = 0x0a;
/** Of a chunk's size; a longer one is left to those who know what to do with it. */
const DIGITS_MAX = 7;

/**
 * Looks for the whole chunks of a body in HTTP's chunked encoding (RFC 9112, 7.1), piece by piece as a connection
 * brings them. It only ever finds what is plain: whoever has an own parser of HTTP gives that all other pieces.
 */
export class ChunkedBody {
  /** Bytes of the chunk that has begun, its line end included. */
  #missing = 0;
  /** The size of a chunk that has begun, where a piece ended in the midst of it. */
  #cutLine: Buffer | null = null;
  #lost = false;

  /**
   * What is in the chunks of the next piece. Null: it is not whole chunks and nothing else, be it that it has a part of
   * a chunk, the last one, or something that is not understood, after which there is nothing but null.
   */
  take(piece: Buffer): Buffer[] | null {
    if (this.#lost) return null;
    const isWhole = this.#missing === 0 && this.#cutLine === null;
    const bytes = this.#cutLine ? Buffer.concat([this.#cutLine, piece]) : piece;
    this.#cutLine = null;
    const chunks: Buffer[] = [];
    let end = this.#missing;
    while (end < bytes.length) {
      let start = end;
      let size = 0;
      for (let digit = hexDigit(bytes[start]); digit >= 0; digit = hexDigit(bytes[++start])) size = size * 16 + digit;
      if (start - end > DIGITS_MAX) return this.#lose();
      if (start + 1 >= bytes.length) {
        this.#cutLine = Buffer.from(bytes.subarray(end));
        this.#missing = 0;
        return null;
      }
      if (size === 0 || bytes[start] !== CR || bytes[start + 1] !== LF) return this.#lose();
      start += 2;
      end = start + size + 2;
      if (end <= bytes.length && (bytes[end - 2] !== CR || bytes[end - 1] !== LF)) return this.#lose();
      chunks.push(bytes.subarray(start, end - 2));
    }
    this.#missing = end - bytes.length;
    return isWhole && this.#missing === 0 ? chunks : null;
  }

  #lose(): null {
    this.#lost = true;
    return null;
  }
}

/** -1: it is none. */
function hexDigit(code: number | undefined): number {
  if (code === undefined) return -1;
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : -1;
}
