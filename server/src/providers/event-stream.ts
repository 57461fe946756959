import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { createParser, type EventSourceParser } from 'eventsource-parser';
import { ModelFailure } from '../ports/language-model.ts';
import { UnexpectedBody } from './provider-error.ts';
import { readBytes } from './upstream-fetch.ts';

/** One event may be this long, in UTF-16 units: far beyond any answer, and still no danger to the process. */
const eventLengthMax = 32 * 1024 * 1024;
/** What is kept of a body that has not shown an event yet, in UTF-16 units, to read an error out of it. */
const preambleLengthMax = 64 * 1024;
/** How long the end of a body is waited for after the terminal marker, so that its connection can be used again. */
const drainMsMax = 250;

export interface EventHandlers {
  /** A piece of the body was read, and every event that came with it. */
  onRead(): void;
  /**
   * Takes the `data` of one event and its name, if it has one. Returns true at the provider's terminal marker:
   * nothing after it is looked at. Throws what is wrong with the answer.
   */
  onEvent(data: string, name: string | undefined): boolean;
}

/**
 * Reads a response's body (see `bodyOf`) as server-sent events. Every event is handed over in the tick its last byte arrived in:
 * no promise for a piece of the body, nor for an event (CPU per delta is what this server is measured by).
 *
 * Resolves at the terminal marker or at the end of the body; whether an answer may end there is the caller's to
 * say. Rejects with an `UnexpectedBody` where no event stream came at all, with what `onEvent` threw, and with
 * fetch's own errors. In every case the body is let go of.
 */
export function readEventStream(body: Readable | null, handlers: EventHandlers): Promise<void> {
  if (!body) return Promise.reject(new UnexpectedBody(''));
  return new Promise((resolve, reject) => {
    const reader = new EventReader(handlers);
    let impatience: NodeJS.Timeout | undefined;

    readBytes(body, (bytes, start, end) => {
      // After the terminal marker there is mostly nothing; it is read to the end so that the connection can be used
      // again.
      if (reader.terminated || reader.failure) return;
      reader.read(bytes, start, end);
      if (reader.failure) body.destroy();
      if (reader.terminated) impatience = setTimeout(() => body.destroy(), drainMsMax);
    });
    body.on('error', (cause) => {
      reader.failure ??= new TypeError('terminated', { cause });
    });
    body.on('close', () => {
      clearTimeout(impatience);
      // An answer that is whole stays so, however its connection ends.
      if (reader.terminated) return resolve();
      if (reader.failure) return reject(reader.failure);
      if (!body.readableEnded) return reject(new TypeError('terminated'));
      if (!reader.isEventStream) return reject(new UnexpectedBody(reader.preamble));
      resolve();
    });
  });
}

class EventReader {
  terminated = false;
  /** What is wrong with the answer. */
  failure: unknown = null;
  preamble = '';
  #begun = false;
  /** Where a piece ended in the midst of a character. */
  #decoder: StringDecoder | null = null;
  readonly #handlers: EventHandlers;
  readonly #parser: EventSourceParser;

  constructor(handlers: EventHandlers) {
    this.#handlers = handlers;
    this.#parser = createParser({
      maxBufferSize: eventLengthMax,
      onEvent: ({ data, event }) => {
        this.#begun = true;
        this.preamble = '';
        this.terminated ||= handlers.onEvent(data, event);
      },
      onError(error) {
        if (error.type === 'max-buffer-size-exceeded') {
          throw new ModelFailure('PROVIDER_ERROR', 'The provider sent an event too large to be part of an answer.');
        }
      },
    });
  }

  read(bytes: Buffer, start: number, end: number): void {
    try {
      const text = this.#decode(bytes, start, end);
      if (!this.#begun && this.preamble.length < preambleLengthMax) this.preamble += text;
      this.#parser.feed(text);
      this.#handlers.onRead();
    } catch (error) {
      this.failure = error;
    }
  }

  #decode(bytes: Buffer, start: number, end: number): string {
    const isWhole = end > start && (bytes[end - 1] as number) < 0x80;
    if (isWhole && !this.#decoder) return bytes.toString('utf8', start, end);
    const decoder = this.#decoder ?? new StringDecoder('utf8');
    this.#decoder = isWhole ? null : decoder;
    return decoder.write(bytes.subarray(start, end));
  }

  /** An empty body, or one cut inside its first line, still is an event stream: one that ended early. */
  get isEventStream(): boolean {
    return this.#begun || /^\s*(?:$|:|(?:data|event|id|retry):)/.test(this.preamble);
  }
}
