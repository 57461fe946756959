import { Readable } from 'node:stream';
import { ownTurn } from '../../domain/ground/own-turn.ts';

/** Characters of a piece, at least; the last one may be shorter. */
const PIECE_LENGTH = 64 * 1024;

/**
 * A value as JSON, byte for byte as JSON.stringify writes it, in pieces that are each made in a turn of the event loop of
 * their own, and no sooner than the one before was read.
 */
export function toJsonPieces(value: object): Readable {
  return Readable.from(pieces(value), { objectMode: false, highWaterMark: PIECE_LENGTH });
}

async function* pieces(value: object): AsyncGenerator<Buffer> {
  let text = '';
  for (const token of tokens(value)) {
    text += token;
    if (text.length < PIECE_LENGTH) continue;
    await ownTurn();
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(text);
}

/** What `isPlain` accepts in its parts, and all else whole. */
function* tokens(value: unknown): Generator<string> {
  if (Array.isArray(value)) {
    let before = '[';
    for (const item of value) {
      yield before;
      yield* tokens(item);
      before = ',';
    }
    yield before === '[' ? '[]' : ']';
  } else if (isPlain(value)) {
    let before = '{';
    for (const [key, item] of Object.entries(value)) {
      if (item === undefined || typeof item === 'function') continue;
      yield `${before}${JSON.stringify(key)}:`;
      yield* tokens(item);
      before = ',';
    }
    yield before === '{' ? '{}' : '}';
  } else yield JSON.stringify(value) ?? 'null';
}

/** Whether it is what GraphQL makes of a selection, and not of a class that has its own way to be written. */
function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || 'toJSON' in value) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
