import { constants, deflateRawSync, deflateSync } from 'node:zlib';

/** A file that somebody made to do harm. */
export interface HostileFile {
  what: string;
  name: string;
  bytes(): Buffer | string | Promise<Buffer>;
  /** The code with which it is refused, or how it is read: `read as` and the media type. */
  outcome: string;
  /** Whether a busy machine may take longer than the time that a file has. Absent: no. */
  isLong?: boolean;
}

/** Raw deflated zeros (or another byte), so many megabytes of them, made without having them. */
export function deflatedMegabytes(megabytes: number, fill = 0): Buffer {
  // A flushed piece ends at a byte, refers to nothing before it and may be followed by itself.
  const piece = deflateRawSync(Buffer.alloc(1_000_000, fill), { finishFlush: constants.Z_FULL_FLUSH });
  return Buffer.concat([...Array.from({ length: megabytes }, () => piece), deflateRawSync(Buffer.alloc(0))]);
}

/** The same with zlib's header and checksum. */
export function zlibMegabytes(megabytes: number, fill = 0): Buffer {
  const [length, byte, prime] = [BigInt(megabytes) * 1_000_000n, BigInt(fill), 65_521n];
  const [low, high] = [1n + length * byte, length + (byte * length * (length + 1n)) / 2n];
  const check = Buffer.alloc(4);
  check.writeUInt32BE(Number(((high % prime) << 16n) | (low % prime)));
  return Buffer.concat([deflateSync(Buffer.alloc(0)).subarray(0, 2), deflatedMegabytes(megabytes, fill), check]);
}
