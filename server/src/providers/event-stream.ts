import { StringDecoder } from 'node:string_decoder';
import { createParser } from 'eventsource-parser';
import { ModelFailure } from '../ports/language-model.ts';
import { UnexpectedBody } from './provider-error.ts';
import { bodyOf } from './upstream-fetch.ts';

/** One event may be this long, in UTF-16 units: far beyond any answer, and still no danger to the process. */
const eventLengthMax = 32 * 1024 * 1024;
/** What is kept of a body that has not shown an event yet, in UTF-16 units, to read an error out of it. */
const preambleLengthMax = 64 * 1024;
/** How long the end of a body is waited for after the terminal marker, so that its connection can be used again. */
const drainMsMax = 250;

export interface EventHandlers {
  /** Bytes arrived, whatever they say. */
  onBytes(): void;
  /**
   * Takes the `data` of one event and its name, if it has one. Returns true at the provider's terminal marker:
   * nothing after it is looked at. Throws what is wrong with the answer.
   */
  onEvent(data: string, name: string | undefined): boolean;
}

/**
 * Reads a response's body as server-sent events. Every event is handed over in the tick its last byte arrived in:
 * no promise for a piece of the body, nor for an event (CPU per delta is what this server is measured by).
 *
 * Resolves at the terminal marker or at the end of the body; whether an answer may end there is the caller's to
 * say. Rejects with an `UnexpectedBody` where no event stream came at all, with what `onEvent` threw, and with
 * fetch's own errors. In every case the body is let go of.
 */
export function readEventStream(response: Response, handlers: EventHandlers): Promise<void> {
  const body = bodyOf(response);
  if (!body) return Promise.reject(new UnexpectedBody(''));
  return new Promise((resolve, reject) => {
    const reader = createEventReader(handlers);
    let failure: unknown;
    let impatience: NodeJS.Timeout | undefined;

    body.on('data', (bytes: Buffer) => {
      // After the terminal marker there is mostly nothing; it is read to the end so that the connection can be used
      // again.
      if (reader.terminated || failure) return;
      try {
        reader.read(bytes);
      } catch (error) {
        failure = error;
        body.destroy();
      }
      if (reader.terminated) impatience = setTimeout(() => body.destroy(), drainMsMax);
    });
    body.on('error', (cause) => {
      failure ??= new TypeError('terminated', { cause });
    });
    body.once('close', () => {
      clearTimeout(impatience);
      // An answer that is whole stays so, however its connection ends.
      if (reader.terminated) return resolve();
      if (failure) return reject(failure);
      if (!body.readableEnded) return reject(new TypeError('terminated'));
      if (!reader.isEventStream) return reject(new UnexpectedBody(reader.preamble));
      resolve();
    });
  });
}

function createEventReader(handlers: EventHandlers) {
  const decoder = new StringDecoder('utf8');
  let terminated = false;
  let begun = false;
  let preamble = '';
  const parser = createParser({
    maxBufferSize: eventLengthMax,
    onEvent(event) {
      begun = true;
      terminated ||= handlers.onEvent(event.data, event.event);
    },
    onError(error) {
      if (error.type === 'max-buffer-size-exceeded') {
        throw new ModelFailure('PROVIDER_ERROR', 'The provider sent an event too large to be part of an answer.');
      }
    },
  });
  return {
    read(bytes: Buffer) {
      handlers.onBytes();
      const text = decoder.write(bytes);
      if (!begun && preamble.length < preambleLengthMax) preamble += text;
      parser.feed(text);
    },
    get terminated() {
      return terminated;
    },
    /** An empty body, or one cut inside its first line, still is an event stream: one that ended early. */
    get isEventStream() {
      return begun || /^\s*(?:$|:|(?:data|event|id|retry):)/.test(preamble);
    },
    get preamble() {
      return preamble;
    },
  };
}
