import { createParser } from 'eventsource-parser';
import { ModelFailure } from '../ports/language-model.ts';
import { UnexpectedBody } from './provider-error.ts';

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
 * one promise per piece of the body, none per event (CPU per delta is what this server is measured by).
 *
 * Resolves at the terminal marker or at the end of the body; whether an answer may end there is the caller's to
 * say. Rejects with an `UnexpectedBody` where no event stream came at all, with what `onEvent` threw, and with
 * fetch's own errors. In every case the body is let go of.
 */
export async function readEventStream(response: Response, handlers: EventHandlers): Promise<void> {
  if (!response.body) throw new UnexpectedBody('');
  const decoder = new TextDecoder();
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

  const reader = response.body.getReader();
  try {
    while (!terminated) {
      const { done, value } = await reader.read();
      if (done) break;
      handlers.onBytes();
      const text = decoder.decode(value, { stream: true });
      if (!begun && preamble.length < preambleLengthMax) preamble += text;
      parser.feed(text);
    }
    if (!begun && !isEventStream(preamble)) throw new UnexpectedBody(preamble);
    if (terminated) await drain(reader);
  } finally {
    reader.cancel().catch(() => {
      // An errored body has nothing left to cancel; its error was thrown by read().
    });
  }
}

/** An empty body, or one cut inside its first line, still is an event stream: one that ended early. */
function isEventStream(body: string): boolean {
  return /^\s*(?:$|:|(?:data|event|id|retry):)/.test(body);
}

/** Reads what is left after the terminal marker, mostly nothing; one who dawdles there loses the connection. */
async function drain(reader: ReadableStreamDefaultReader<unknown>): Promise<void> {
  const impatience = setTimeout(() => reader.cancel().catch(() => {}), drainMsMax);
  try {
    while (!(await reader.read()).done);
  } catch {
    // The answer is whole: how its connection ends is of no interest.
  } finally {
    clearTimeout(impatience);
  }
}
