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
   * Where in the next piece, the first `length` bytes of `piece`, what is in each chunk begins and ends, in turn. Null:
   * it is not whole chunks and nothing else, be it that it has a part of a chunk, the last one, or something that is not
   * understood, after which there is nothing but null.
   */
  take(piece: Buffer, length: number): number[] | null {
    if (this.#lost) return null;
    const isWhole = this.#missing === 0 && this.#cutLine === null;
    const bytes = this.#cutLine ? Buffer.concat([this.#cutLine, piece.subarray(0, length)]) : piece;
    const bytesEnd = length + (this.#cutLine?.length ?? 0);
    this.#cutLine = null;
    let places: number[] | null = null;
    let end = this.#missing;
    while (end < bytesEnd) {
      let start = end;
      let size = 0;
      while (start < bytesEnd) {
        const digit = hexDigit(bytes[start] as number);
        if (digit < 0) break;
        size = size * 16 + digit;
        start += 1;
      }
      if (start - end > DIGITS_MAX) return this.#lose();
      if (start + 1 >= bytesEnd) {
        this.#cutLine = Buffer.from(bytes.subarray(end, bytesEnd));
        this.#missing = 0;
        return null;
      }
      if (size === 0 || bytes[start] !== CR || bytes[start + 1] !== LF) return this.#lose();
      start += 2;
      end = start + size + 2;
      if (end <= bytesEnd && (bytes[end - 2] !== CR || bytes[end - 1] !== LF)) return this.#lose();
      // Mostly there is one chunk: an array that grows makes room for sixteen.
      if (places) places.push(start, end - 2);
      else places = [start, end - 2];
    }
    this.#missing = end - bytesEnd;
    return isWhole && this.#missing === 0 ? places : null;
  }

  #lose(): null {
    this.#lost = true;
    return null;
  }
}

/** -1: it is none. */
function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : -1;
}
