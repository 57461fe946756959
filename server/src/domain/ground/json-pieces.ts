import { jsonText } from './json-text.ts';

/** The most characters of a piece. */
const PIECE_LENGTH = 64 * 1024;

/** Writes the items, each of which is JSON in pieces, as a list. */
export async function* listInPieces(items: AsyncIterable<AsyncIterable<string>>): AsyncGenerator<string> {
  let before = '[';
  for await (const item of items) {
    yield before;
    yield* item;
    before = ',';
  }
  yield before === '[' ? '[]' : ']';
}

/** Writes an object with a list as its last field. */
export async function* withListInPieces(
  object: object,
  name: string,
  items: AsyncIterable<AsyncIterable<string>>,
): AsyncGenerator<string> {
  yield* withoutEnd(inPieces(object));
  yield `,"${name}":`;
  yield* listInPieces(items);
  yield '}';
}

/** The object as JSON. Each piece passes through many hands: so a small object is one, and a large text several. */
export async function* objectInPieces(object: object): AsyncGenerator<string> {
  yield* inPieces(object);
}

function* inPieces(object: object): Generator<string> {
  let piece = '';
  for (const part of jsonText(object)) {
    if (piece.length + part.length > PIECE_LENGTH) {
      yield piece;
      piece = '';
    }
    piece += part;
  }
  yield piece;
}

function* withoutEnd(parts: Iterable<string>): Generator<string> {
  let last = '';
  for (const part of parts) {
    yield last;
    last = part;
  }
  yield last.slice(0, -1);
}
