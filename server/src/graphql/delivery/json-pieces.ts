import { Readable } from 'node:stream';
import { ownTurn } from '../../domain/ground/own-turn.ts';

/** The least number of characters in a piece; the last one may be shorter. */
const PIECE_LENGTH = 64 * 1024;

/**
 * Streams a value as JSON, byte for byte as JSON.stringify writes it. Each piece is made in a turn of the event loop of
 * its own, and not before the last one was read.
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

/** Writes arrays and plain objects part by part, and all other values whole. */
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

/** Whether the value is an object as GraphQL makes it for a selection, not one of a class that writes itself. */
function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || 'toJSON' in value) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
