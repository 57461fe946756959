const CR = 0x0d;
const LF = 0x0a;
/** How many digits the size of a chunk may have. A longer one is left to the caller's HTTP parser. */
const DIGITS_MAX = 7;

/**
 * Finds the whole chunks of a body in HTTP's chunked encoding (RFC 9112, 7.1), piece by piece as a connection brings
 * them. It understands only plain chunks, so the caller needs an HTTP parser for all other pieces.
 */
export class ChunkedBody {
  /** The missing bytes of the chunk that has begun, including its line end. */
  #missing = 0;
  /** The beginning of a size line that the last piece cut off. */
  #cutLine: Buffer | null = null;
  #lost = false;

  /**
   * Takes the next piece, which is the first `length` bytes of `piece`.
   *
   * @returns where the content of each chunk begins and ends in the piece, in turn. Null: the piece contains something
   *   other than whole chunks, such as a part of a chunk. After the last chunk, or after something that is not
   *   understood, every result is null
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
      // Most pieces have one chunk, and an array that grows reserves room for sixteen entries.
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

/** The value of a hexadecimal digit; -1: the character is none. */
function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : -1;
}
