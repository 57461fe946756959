import type { IncomingMessage } from 'node:http';
import type { BodyAllowance } from './body-allowance.ts';

export interface JsonBodyLimits {
  /** The longest body that anybody may send. */
  bytesMax: number;
  /** The longest body that a member may send. */
  memberBytesMax: number;
  /** Bounds what is beyond `bytesMax` of the bodies that are read at one time. */
  allowance: BodyAllowance;
  /** Default: JSON_ENTRIES_MAX. */
  entriesMax?: number;
  /** Called only when a body grows beyond `bytesMax`; nothing more is read until it has answered. Null: a stranger. */
  findMemberId(): Promise<string | null>;
  /** Parses a body that is too large for the event loop, as `JsonThread` does. */
  parseLarge(pieces: readonly Buffer[]): Promise<[] | [unknown]>;
}

export type JsonBody =
  | { value: unknown }
  | { refused: 'malformed' | 'large' | 'complex' | 'crowded'; bytesMax: number };

/**
 * The most lists, objects and entries of them in one text. JSON.parse takes up to 2 μs for each of them and a
 * nanosecond for a character of a string: 8 MB of prompt take 40 ms, and 8 MB of brackets four seconds. No input of the
 * API has a thousand.
 */
export const JSON_ENTRIES_MAX = 20_000;

/** Reads a request's body as JSON, no further than the limits allow. Rejects when the client goes away. */
export async function readJsonBody(req: IncomingMessage, limits: JsonBodyLimits): Promise<JsonBody> {
  const room = new BodyRoom(limits);
  try {
    return await readWithin(room, req, limits);
  } finally {
    room.giveBack();
  }
}

async function readWithin(room: BodyRoom, req: IncomingMessage, limits: JsonBodyLimits): Promise<JsonBody> {
  const { entriesMax = JSON_ENTRIES_MAX } = limits;
  const declared = await room.refusalOf(Number(req.headers['content-length'] ?? 0));
  if (declared) return declared;
  const body = new Pieces();
  const entries = new JsonEntries();
  for await (const chunk of req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    const refusal = await room.refusalOf(body.length + chunk.length);
    if (refusal) return refusal;
    if (entries.add(chunk) > entriesMax) return { refused: 'complex', bytesMax: room.bytesMax };
    body.add(chunk);
  }
  const pieces = body.end();
  const [value] = isLarge(body) ? await limits.parseLarge(pieces) : [parseJson(Buffer.concat(pieces).toString())];
  return value === undefined ? { refused: 'malformed', bytesMax: room.bytesMax } : { value };
}

/** How long one body may become: a member's may grow as far as the allowance has room for it. */
class BodyRoom {
  bytesMax: number;
  readonly #limits: JsonBodyLimits;
  /** Null: a stranger sends the body, or it has not grown beyond what anybody may send. */
  #memberId: string | null = null;
  /** Bytes of the allowance. */
  #taken = 0;

  constructor(limits: JsonBodyLimits) {
    this.#limits = limits;
    this.bytesMax = limits.bytesMax;
  }

  /** Null: there is room for a body of so many bytes. */
  async refusalOf(bytes: number): Promise<JsonBody | null> {
    const { bytesMax, memberBytesMax, allowance, findMemberId } = this.#limits;
    if (bytes <= bytesMax) return null;
    this.#memberId ??= await findMemberId();
    if (this.#memberId === null) return { refused: 'large', bytesMax };
    this.bytesMax = memberBytesMax;
    if (bytes > memberBytesMax) return { refused: 'large', bytesMax: memberBytesMax };
    const missing = bytes - bytesMax - this.#taken;
    if (missing <= 0) return null;
    if (!allowance.take(this.#memberId, missing)) return { refused: 'crowded', bytesMax: memberBytesMax };
    this.#taken += missing;
    return null;
  }

  giveBack(): void {
    if (this.#memberId !== null) this.#limits.allowance.giveBack(this.#memberId, this.#taken);
    this.#taken = 0;
  }
}

/** Collects bytes as they arrive. Small pieces are joined, since each takes a hundred bytes beside its own. */
class Pieces {
  length = 0;
  readonly #joined: Buffer[] = [];
  #small: Buffer[] = [];

  add(piece: Buffer): void {
    this.length += piece.length;
    this.#small.push(piece);
    if (piece.length >= PIECE_BYTES || this.#small.length === PIECES_MAX) this.#join();
  }

  end(): readonly Buffer[] {
    this.#join();
    return this.#joined;
  }

  #join(): void {
    const [first, ...more] = this.#small;
    if (first) this.#joined.push(more.length > 0 ? Buffer.concat(this.#small) : first);
    this.#small = [];
  }
}

const PIECE_BYTES = 16 * 1024;
const PIECES_MAX = 1000;

/** Whether a text is so large that a thread parses it: the event loop would stop for milliseconds. */
export function isLarge({ length }: { length: number }): boolean {
  return length > 256 * 1024;
}

/** Parses JSON; undefined if the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether a text is JSON with at most `JSON_ENTRIES_MAX` entries, as far as can be told without parsing it. */
export function isPlainJson(bytes: Buffer): boolean {
  return new JsonEntries().add(bytes) <= JSON_ENTRIES_MAX;
}

/** Counts the entries of a JSON text that arrives in pieces, cut anywhere. */
export class JsonEntries {
  #count = 0;
  #inString = false;
  #isEscaped = false;

  /** @returns how many entries have begun so far */
  add(piece: Buffer): number {
    let index = 0;
    while (index < piece.length)
      index = this.#inString ? this.#leaveString(piece, index) : this.#enterString(piece, index);
    return this.#count;
  }

  /** @returns the index after the quote that begins the next string; the piece's length if none begins */
  #enterString(piece: Buffer, start: number): number {
    for (let index = start; index < piece.length; index++) {
      const byte = piece[index];
      if (byte === 0x22) {
        this.#inString = true;
        return index + 1;
      }
      // The bytes of { [ , and the colon.
      if (byte === 0x7b || byte === 0x5b || byte === 0x2c || byte === 0x3a) this.#count += 1;
    }
    return piece.length;
  }

  /** @returns the index after the next quote, which ends the string or is escaped; beyond the piece if there is none */
  #leaveString(piece: Buffer, start: number): number {
    const found = piece.indexOf(0x22, start);
    const end = found < 0 ? piece.length : found;
    let first = end;
    while (first > start && piece[first - 1] === 0x5c) first -= 1;
    // A backslash at the end of the piece before may escape the first character.
    const escapes = end - first + (first === start && this.#isEscaped ? 1 : 0);
    this.#isEscaped = found < 0 && escapes % 2 === 1;
    this.#inString = found < 0 || escapes % 2 === 1;
    return end + 1;
  }
}
