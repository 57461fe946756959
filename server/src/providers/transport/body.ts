import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';

/** Gets the bytes of a body. */
export interface BytesReader {
  /** Takes `bytes` from `start` to `end`, which may be overwritten afterwards. */
  read(bytes: Buffer, start: number, end: number): void;
}

/** Hands the bytes of a body to a reader without the body's stream. */
export interface DirectBody {
  /**
   * Begins to hand on what comes. What the stream holds already, or gets in spite of this, still comes out of the stream.
   *
   * @param isCrowded whether the bytes may be read in fewer, larger pieces
   */
  readTo(reader: BytesReader, isCrowded: (() => boolean) | undefined): void;
}

/** The bodies of responses that were made without one: a `Response` would turn a stream of Node's into one of the web's. */
const bodies = new WeakMap<Response, Readable>();
const directBodies = new WeakMap<Readable, DirectBody>();

/** Keeps the body of a response for `bodyOf`. */
export function keepBody(response: Response, body: Readable, direct: DirectBody | null): void {
  bodies.set(response, body);
  if (direct) directBodies.set(body, direct);
}

/**
 * The body of a response, whoever fetched it, as a stream of Node's, for `readBytes`. Null: the response has none. Whoever
 * reads the body for minutes need not keep the response.
 */
export function bodyOf(response: Response): Readable | null {
  return bodies.get(response) ?? (response.body && Readable.fromWeb(response.body as ReadableStream));
}

/**
 * Begins to read a body. The stream's own events tell its end and its errors.
 *
 * @param isCrowded whether the bytes may be read in fewer, larger pieces
 */
export function readBytes(body: Readable, reader: BytesReader, isCrowded?: () => boolean): void {
  body.on('data', (bytes: Buffer) => reader.read(bytes, 0, bytes.length));
  directBodies.get(body)?.readTo(reader, isCrowded);
}

/**
 * The body (see `bodyOf`) of what `ask` gets. `ask` is given a signal that lasts until the response is there: an SDK keeps
 * what it hangs on a signal, and an answer takes minutes.
 */
export async function askedBody(
  signal: AbortSignal,
  ask: (signal: AbortSignal) => Promise<Response>,
): Promise<Readable | null> {
  signal.throwIfAborted();
  const asking = new AbortController();
  const stopAsking = () => asking.abort(signal.reason);
  signal.addEventListener('abort', stopAsking);
  try {
    return bodyOf(await ask(asking.signal));
  } finally {
    signal.removeEventListener('abort', stopAsking);
  }
}
