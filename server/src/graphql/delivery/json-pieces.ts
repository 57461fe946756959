import { Readable } from 'node:stream';
import { jsonText } from '../../domain/ground/json-text.ts';
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
  for (const part of jsonText(value)) {
    text += part;
    if (text.length < PIECE_LENGTH) continue;
    await ownTurn();
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(text);
}
