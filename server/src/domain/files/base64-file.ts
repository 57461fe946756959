import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { FileRefusedError } from '../ground/errors.ts';
import { TimeSlice } from '../ground/time-slice.ts';

/** Characters that are decoded at once. */
const PIECE_LENGTH = 256 * 1024;

/** A file in base64, in memory until it is written: it may wait long to be read. */
export class Base64File {
  #data: string;

  constructor(data: string) {
    this.#data = data;
  }

  /** A hash that only the same base64 has. Others go on meanwhile. */
  async hash(): Promise<string> {
    const hash = createHash('sha256');
    const slice = new TimeSlice();
    for (let start = 0; start < this.#data.length; start += PIECE_LENGTH) {
      hash.update(this.#data.slice(start, start + PIECE_LENGTH));
      if (slice.isUsedUp) await slice.next();
    }
    return hash.digest('hex');
  }

  /**
   * Writes the file, once, and lets go of it.
   *
   * @returns how many bytes it has
   * @throws FileRefusedError if it is no base64, or has more than `bytesMax`
   */
  async writeTo(path: string, bytesMax = Number.POSITIVE_INFINITY): Promise<number> {
    const counted = { bytes: 0 };
    const pieces = decoded(this.#data, (bytes) => {
      counted.bytes += bytes;
      if (counted.bytes > bytesMax) throw tooLarge(bytesMax);
    });
    this.drop();
    await pipeline(Readable.from(pieces), createWriteStream(path, { flags: 'wx', mode: 0o600 }));
    return counted.bytes;
  }

  /** Lets go of the bytes, which nobody needs. */
  drop(): void {
    this.#data = '';
  }
}

/** @param onBytes is told of the bytes of a piece before it is given, and may throw */
function* decoded(data: string, onBytes: (bytes: number) => void): Generator<Buffer> {
  let rest = '';
  for (let start = 0; start < data.length; start += PIECE_LENGTH) {
    // Some clients break base64 into lines.
    const piece = rest + data.slice(start, start + PIECE_LENGTH).replace(/\s+/g, '');
    const whole = start + PIECE_LENGTH < data.length ? piece.length - (piece.length % 4) : piece.length;
    rest = piece.slice(whole);
    const bytes = decode(piece.slice(0, whole));
    onBytes(bytes.length);
    yield bytes;
  }
}

function decode(text: string): Buffer {
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(text)) throw new FileRefusedError('BROKEN', 'This file is no base64.');
  return Buffer.from(text, 'base64');
}

export function tooLarge(bytesMax: number): FileRefusedError {
  return new FileRefusedError('TOO_LARGE', `A file may have at most ${bytesMax / 1_000_000} MB.`);
}
