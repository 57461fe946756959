import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { createParser, type EventSourceMessage, type EventSourceParser } from 'eventsource-parser';
import { ModelFailure } from '../../ports/language-model.ts';
import { ReportedError, UnexpectedBody } from '../failures/provider-error.ts';
import { type BytesReader, readBytes } from './body.ts';

/** The longest event, in UTF-16 code units. It is far longer than any answer, and no danger to the process. */
const eventLengthMax = 32 * 1024 * 1024;
/** How much is kept of a body without an event so far, in UTF-16 code units, to read an error out of it. */
const preambleLengthMax = 64 * 1024;
/** How long to wait for the end of the body after the terminal marker, so that the connection can be used again. */
const drainMsMax = 250;

export interface EventHandlers {
  /** Called after each piece of the body, when every event in it was handed over. */
  onRead(): void;
  /**
   * Takes the `data` of an event and its name, if it has one. Of the events without data only errors are handed over.
   * Returns true at the provider's terminal marker, after which nothing is looked at. Throws if something is wrong with
   * the answer.
   */
  onEvent(data: string, name: string | undefined): boolean;
}

/**
 * Reads a response's body (see `bodyOf`) as server-sent events. Every event is handed over in the tick in which its
 * last byte arrives. Pieces and events need no promise, because this server is measured by its CPU time per delta.
 *
 * Resolves at the terminal marker or at the end of the body; the caller decides whether an answer may end there.
 * Rejects with an `UnexpectedBody` if no event stream came at all, with the error that `onEvent` threw, or with fetch's
 * own errors. The body is closed in every case.
 */
export function readEventStream(
  body: Readable | null,
  handlers: EventHandlers,
  isCrowded?: () => boolean,
): Promise<void> {
  if (!body) return Promise.reject(new UnexpectedBody(''));
  return new Promise((resolve, reject) => {
    const reader = new EventReader(body, handlers);
    let broken: TypeError | null = null;
    readBytes(body, reader, isCrowded);
    body.on('error', (cause) => {
      broken = new TypeError('terminated', { cause });
    });
    body.on('close', () => {
      reader.close();
      // An answer is whole once its terminal marker has come, however its connection ends.
      if (reader.terminated) return resolve();
      if (reader.failure) return reject(reader.failure);
      if (broken || !body.readableEnded) return reject(broken ?? new TypeError('terminated'));
      if (!reader.isEventStream) return reject(new UnexpectedBody(reader.preamble));
      resolve();
    });
  });
}

const LF = 0x0a;
const CR = 0x0d;

class EventReader implements BytesReader {
  terminated = false;
  /** The first error of the answer; null: none so far. */
  failure: unknown = null;
  preamble = '';
  #begun = false;
  /** Set while the last piece may have ended in the middle of a character. */
  #decoder: StringDecoder | null = null;
  /** This body's own parser, set while the last piece ended in the middle of an event. */
  #parser: EventSourceParser | null = null;
  #impatience: NodeJS.Timeout | null = null;
  #closed = false;
  readonly #body: Readable;
  readonly #handlers: EventHandlers;

  constructor(body: Readable, handlers: EventHandlers) {
    this.#body = body;
    this.#handlers = handlers;
  }

  read(bytes: Buffer, start: number, end: number): void {
    // The rest of the body, mostly nothing, is read and ignored, so that the connection can be used again.
    if (this.terminated || this.failure) return;
    const text = this.#begun ? this.#decode(bytes, start, end) : this.#decodePreamble(bytes, start, end);
    if (endsEvent(bytes, start, end)) {
      if (this.#parser) this.#parser.feed(text);
      else parseWhole(text, this);
      this.#parser = null;
    } else {
      this.#parser ??= createEventParser(() => this);
      this.#parser.feed(text);
    }
    if (this.failure) this.#body.destroy();
    else this.#handlers.onRead();
    if (this.terminated) this.#impatience = setTimeout(() => this.#body.destroy(), drainMsMax);
  }

  /** Never throws, because that would leave the shared parser in the middle of the event. */
  takeEvent({ data, event }: EventSourceMessage): void {
    if (this.terminated || this.failure) return;
    this.#begun = true;
    this.preamble = '';
    // Some proxies keep a connection alive by events without data. An error without a word is still an error.
    if (data.trim() === '' && event !== 'error') return;
    try {
      this.terminated = this.#handlers.onEvent(data, event);
    } catch (error) {
      // After `close` the event may be incomplete, and so unreadable. An error that the provider reports still counts.
      if (!this.#closed || error instanceof ReportedError) this.failure = error;
    }
  }

  /** Ends the reading with the body. An event that lacks only the empty line after it is still taken. */
  close(): void {
    if (this.#impatience) clearTimeout(this.#impatience);
    if (this.terminated || this.failure) return;
    this.#closed = true;
    this.#parser?.feed('\n\n');
    this.#parser = null;
  }

  #decode(bytes: Buffer, start: number, end: number): string {
    const isWhole = end > start && (bytes[end - 1] as number) < 0x80;
    if (isWhole && !this.#decoder) return bytes.toString('utf8', start, end);
    const decoder = this.#decoder ?? new StringDecoder('utf8');
    this.#decoder = isWhole ? null : decoder;
    return decoder.write(bytes.subarray(start, end));
  }

  #decodePreamble(bytes: Buffer, start: number, end: number): string {
    const decoded = this.#decode(bytes, start, end);
    const text = this.preamble === '' && decoded.startsWith('\ufeff') ? decoded.slice(1) : decoded;
    if (this.preamble.length < preambleLengthMax) this.preamble += text;
    return text;
  }

  /**
   * Whether the body is an event stream. An empty body, or one that was cut off in its first line, counts as an event
   * stream that ended early.
   */
  get isEventStream(): boolean {
    return this.#begun || /^\s*(?:$|:|(?:data|event|id|retry):)/.test(this.preamble);
  }
}

/** Whether the piece ends with an empty line, and so with an event, as nearly every piece does. */
function endsEvent(bytes: Buffer, start: number, end: number): boolean {
  if (end - start < 2 || bytes[end - 1] !== LF) return false;
  return bytes[end - 2] === LF || (bytes[end - 2] === CR && end - start > 2 && bytes[end - 3] === LF);
}

function createEventParser(reader: () => EventReader): EventSourceParser {
  return createParser({
    maxBufferSize: eventLengthMax,
    onEvent: (message) => reader().takeEvent(message),
    onError({ type, field, value }) {
      // llama.cpp once had a field of its own for errors.
      if (field === 'error' && value) reader().takeEvent({ data: value, event: 'error', id: undefined });
      if (type !== 'max-buffer-size-exceeded') return;
      const message = 'The provider sent an event too large to be part of an answer.';
      reader().failure ??= new ModelFailure('PROVIDER_ERROR', message);
    },
  });
}

/*
 * Nearly every piece consists of whole events, of which a parser remembers nothing. So one parser serves all streams:
 * it is in the processor's caches already, and a parser for each stream would not be.
 */
const sharedParser = createEventParser(() => sharedBy as EventReader);
let sharedBy: EventReader | null = null;

function parseWhole(text: string, reader: EventReader): void {
  sharedBy = reader;
  sharedParser.feed(text);
  sharedBy = null;
}
