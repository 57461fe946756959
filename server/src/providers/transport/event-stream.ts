import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { createParser, type EventSourceMessage, type EventSourceParser } from 'eventsource-parser';
import { ModelFailure } from '../../ports/language-model.ts';
import { ReportedError, UnexpectedBody } from '../failures/provider-error.ts';
import { type BytesReader, readBytes } from './body.ts';

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
   * Takes the `data` of one event that has any, and its name, if it has one. Returns true at the provider's terminal marker:
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
      // An answer that is whole stays so, however its connection ends.
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
  /** What is wrong with the answer. */
  failure: unknown = null;
  preamble = '';
  #begun = false;
  /** Where a piece ended in the midst of a character. */
  #decoder: StringDecoder | null = null;
  /** Its own, while a piece has ended in the midst of an event. */
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
    // After the terminal marker there is mostly nothing; it is read to the end so that the connection can be used again.
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

  /** Never throws: a parser that all share would be left in the midst of the event. */
  takeEvent({ data, event }: EventSourceMessage): void {
    if (this.terminated || this.failure) return;
    this.#begun = true;
    this.preamble = '';
    // By which some proxies keep a connection alive; an error without a word still is one.
    if (data.trim() === '' && event !== 'error') return;
    try {
      this.terminated = this.#handlers.onEvent(data, event);
    } catch (error) {
      // Half an event is not unreadable, but cut.
      if (!this.#closed || error instanceof ReportedError) this.failure = error;
    }
  }

  /** The body has ended: an event that only lacks the empty line after it is taken as well. */
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

  /** An empty body, or one cut inside its first line, still is an event stream: one that ended early. */
  get isEventStream(): boolean {
    return this.#begun || /^\s*(?:$|:|(?:data|event|id|retry):)/.test(this.preamble);
  }
}

/** By an empty line, as nearly every piece does. */
function endsEvent(bytes: Buffer, start: number, end: number): boolean {
  if (end - start < 2 || bytes[end - 1] !== LF) return false;
  return bytes[end - 2] === LF || (bytes[end - 2] === CR && end - start > 2 && bytes[end - 3] === LF);
}

function createEventParser(reader: () => EventReader): EventSourceParser {
  return createParser({
    maxBufferSize: eventLengthMax,
    onEvent: (message) => reader().takeEvent(message),
    onError({ type, field, value }) {
      // llama.cpp had a field of its own for them.
      if (field === 'error' && value) reader().takeEvent({ data: value, event: 'error', id: undefined });
      if (type !== 'max-buffer-size-exceeded') return;
      const message = 'The provider sent an event too large to be part of an answer.';
      reader().failure ??= new ModelFailure('PROVIDER_ERROR', message);
    },
  });
}

/*
 * A piece is nearly always a whole event, or several. Of these a parser has nothing to remember, so that one does for
 * all streams: what lies in the processor's caches already is read sooner than one for each.
 */
const sharedParser = createEventParser(() => sharedBy as EventReader);
let sharedBy: EventReader | null = null;

function parseWhole(text: string, reader: EventReader): void {
  sharedBy = reader;
  sharedParser.feed(text);
  sharedBy = null;
}
