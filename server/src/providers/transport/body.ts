import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { ModelRequest } from '../../ports/language-model.ts';

/** Receives the bytes of a body. */
export interface BytesReader {
  /** Takes the bytes from `start` to `end`. The buffer may be overwritten after the call. */
  read(bytes: Buffer, start: number, end: number): void;
}

/** Hands the bytes of a body to a reader without the body's stream. */
export interface DirectBody {
  /**
   * Begins to hand arriving bytes to the reader. Bytes that the stream holds already, or still receives, come out of
   * the stream.
   *
   * @param isCrowded whether the bytes may be read in fewer, larger pieces
   */
  readTo(reader: BytesReader, isCrowded: (() => boolean) | undefined): void;
}

/** The bodies of responses that were made without one: a `Response` would turn Node's stream into one of the web's. */
const bodies = new WeakMap<Response, Readable>();
const directBodies = new WeakMap<Readable, DirectBody>();

/** Keeps the body of a response for `bodyOf`. */
export function keepBody(response: Response, body: Readable, direct: DirectBody | null): void {
  bodies.set(response, body);
  if (direct) directBodies.set(body, direct);
}

/**
 * Returns the body of a response, from whatever fetch, as Node's stream for `readBytes`. Null: the response has none. A
 * caller that reads the body for minutes need not keep the response.
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
 * Resolves with the body (see `bodyOf`) of the answer to a request. `ask` gets a signal of its own, which follows the
 * request's until the answer is there: an SDK leaves its listeners on a signal, and an answer takes minutes.
 */
export async function askedBody(
  { signal, onSent }: Pick<ModelRequest, 'signal' | 'onSent'>,
  ask: (signal: AbortSignal) => Promise<Response>,
): Promise<Readable | null> {
  signal.throwIfAborted();
  const asking = new AbortController();
  const stopAsking = () => asking.abort(signal.reason);
  signal.addEventListener('abort', stopAsking);
  try {
    const response = await ask(asking.signal);
    onSent?.();
    return bodyOf(response);
  } finally {
    signal.removeEventListener('abort', stopAsking);
  }
}
