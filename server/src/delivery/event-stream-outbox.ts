import type { ServerResponse } from 'node:http';
import { Outbox } from './outbox.ts';

/** How often a stream on which nothing else is written gets a sign of life. */
export const PING_MS = 12_000;

export const eventStreamHeaders = {
  'Content-Type': 'text/event-stream',
  'Cache-Control': 'no-store',
  Connection: 'keep-alive',
  'Content-Encoding': 'none',
  // nginx buffers every answer that does not say otherwise.
  'X-Accel-Buffering': 'no',
};

/** Writes past the response, which would write each chunk in four parts. */
export class EventStreamOutbox extends Outbox {
  readonly #res: ServerResponse;

  constructor(res: ServerResponse) {
    super(res.socket ?? res);
    this.#res = res;
  }

  protected send(messages: readonly string[]): boolean {
    const { socket, chunkedEncoding } = this.#res;
    return socket && chunkedEncoding ? socket.write(toChunk(messages)) : this.#res.write(messages.join(''));
  }
}

/** Encodes messages as one chunk of HTTP's chunked encoding (RFC 9112, 7.1), which an answer without a length has. */
function toChunk(messages: readonly string[]): string {
  const content = messages.join('');
  return `${Buffer.byteLength(content).toString(16)}\r\n${content}\r\n`;
}
