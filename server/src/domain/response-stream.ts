import { setTimeout as delay } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import type { Database } from '../database/database.ts';
import { findChunksFrom, findResponses, findResponsesOfTurns, type ResponseRow } from '../database/responses.ts';
import { isTransient } from '../database/transient.ts';
import { findTurns } from '../database/turns.ts';
import { createChangeSignal } from './change-signal.ts';
import { InvalidInputError, NotFoundError } from './errors.ts';
import {
  type Failure,
  LiveResponse,
  type LiveResponses,
  type ResponseNotice,
  type TurnWatcher,
} from './live-responses.ts';
import { type Notifications, turnTopic } from './notifications.ts';
import { newestOfLanes, toNotices } from './responses.ts';
import { estimateTokens } from './tokens.ts';

export type ResponseEvent = { responseId: string } & (
  | { type: 'started'; servedBy: string; attempt: number }
  | { type: 'fellBack'; from: string; to: string; failure: Failure }
  | { type: 'text'; modelId: string; offset: number; text: string; outputTokens: number }
  | { type: 'reasoning'; modelId: string; offset: number; text: string }
  | { type: 'finished'; response: ResponseRow }
);

/** What a reader found; a finished response is yet to be looked up. */
type News = Exclude<ResponseEvent, { type: 'finished' }> | { type: 'finished'; responseId: string };

/** Where a reader is, in UTF-16 code units. */
export interface ResumePoint {
  responseId: string;
  textOffset: number;
  reasoningOffset: number;
}

export interface ResponseStreamOptions {
  db: Kysely<Database>;
  live: LiveResponses;
  notifications: Notifications;
}

/** One event per response and frame is enough for any eye. */
const FRAME_MS = 16;
/** How often another process's responses are looked at: as a net under notifications, or in place of them. */
const POLL_MS = { proven: 2000, unproven: 100 };

const DATABASE_RETRY_MS = 500;
/** About two minutes. */
const DATABASE_FAILURES_MAX = 240;

/** Is told that a stream has news. Synchronous and often: this only notes it. */
export interface NewsListener {
  wake(): void;
}

/**
 * A turn's responses as they are written: each one first up to date from its resume point, then live, until all are
 * final. The reader pulls: when it is slow it gets fewer, longer deltas, and all that it holds is its offsets.
 *
 * Rejects with NotFoundError or InvalidInputError before the first event.
 */
export async function followTurn(
  options: ResponseStreamOptions,
  userId: string,
  turnId: string,
  resume: readonly ResumePoint[],
): Promise<TurnStream> {
  if (resume.some(({ textOffset, reasoningOffset }) => textOffset < 0 || reasoningOffset < 0)) {
    throw new InvalidInputError('resume', 'An offset cannot be negative.');
  }
  const stream = new TurnStream(options, new TurnReaders(options, userId, turnId, resume), turnId);
  await stream.open();
  return stream;
}

/*
 * There is a stream for every reader, and each delta passes through it. Its state is in few objects, not in closures
 * with one each: what a delta costs is above all the memory that it has to touch (docs/decisions/0004).
 */

/** A reader may also come for its events itself, without a promise for each: `listen` says when, `readNow` gives them. */
export class TurnStream implements AsyncIterableIterator<ResponseEvent>, TurnWatcher {
  readonly #options: ResponseStreamOptions;
  readonly #readers: TurnReaders;
  readonly #turnId: string;
  readonly #change = createChangeSignal();
  #unwatch: (() => void)[] = [];
  #listener: NewsListener | null = null;
  #events: ResponseEvent[] = [];
  /** Whether somebody waits for the change signal, or soon will. */
  #pulling = false;
  #frameEndsAt = 0;
  #failures = 0;
  #closed = false;

  constructor(options: ResponseStreamOptions, readers: TurnReaders, turnId: string) {
    this.#options = options;
    this.#readers = readers;
    this.#turnId = turnId;
  }

  /** Rejects with NotFoundError where the member has no such turn. */
  async open(): Promise<void> {
    const { live, notifications } = this.#options;
    // Before the rows are read, so that no change falls in between.
    this.#unwatch = [
      live.watch(this.#turnId, this),
      notifications.subscribe(turnTopic(this.#turnId), () => this.#notify()),
    ];
    await this.#readers.load().catch((error) => {
      this.#close();
      throw error;
    });
  }

  note(response: LiveResponse): void {
    this.#readers.note(response);
    this.#notify();
  }

  #notify(): void {
    if (this.#pulling) this.#change.notify();
    this.#listener?.wake();
  }

  /** Has `listener` (one) told of every change until the stream ends. */
  listen(listener: NewsListener): void {
    this.#listener = listener;
  }

  /**
   * What is new and known to memory; there may be nothing. Null: the database has to be asked, or an event is left
   * over from `next`, and so `next` is to be called.
   */
  readNow(): ResponseEvent[] | null {
    if (this.#events.length > 0 || this.#closed) return null;
    const news = this.#readers.readNow();
    // The rest is news too.
    if (news && this.#readers.behind) this.#listener?.wake();
    return news;
  }

  async next(): Promise<IteratorResult<ResponseEvent>> {
    if (this.#events.length === 0) {
      this.#events = await this.#nextEvents().catch((error) => {
        this.#close();
        throw error;
      });
    }
    const event = this.#events.shift();
    return event && !this.#closed ? { value: event, done: false } : this.#close();
  }

  async #nextEvents(): Promise<ResponseEvent[]> {
    const readers = this.#readers;
    this.#pulling = true;
    try {
      while (!this.#closed) {
        const frameMsLeft = this.#frameEndsAt - performance.now();
        if (frameMsLeft > 0) await delay(frameMsLeft);
        this.#change.clear();
        const news = await readers.read().catch((error) => this.#requirePatience(error));
        if (news) this.#failures = 0;
        if (news && news.length > 0) {
          this.#frameEndsAt = performance.now() + FRAME_MS;
          return news;
        }
        if (news && readers.finished) break;
        const pollMs = this.#options.notifications.proven ? POLL_MS.proven : POLL_MS.unproven;
        if (!this.#closed) await (news ? this.#change.wait(readers.remote ? pollMs : null) : delay(DATABASE_RETRY_MS));
      }
      return [];
    } finally {
      this.#pulling = false;
    }
  }

  /** The database may be away for a while. What runs here is read on without it; whatever else is followed waits for it. */
  #requirePatience(error: unknown): null {
    if (!isTransient(error) || ++this.#failures > DATABASE_FAILURES_MAX) throw error;
    return null;
  }

  #close(): IteratorReturnResult<undefined> {
    this.#closed = true;
    for (const end of this.#unwatch.splice(0)) end();
    this.#change.notify();
    return { value: undefined, done: true };
  }

  // May come while next() waits, which a generator would not hear before the next change.
  async return(): Promise<IteratorReturnResult<undefined>> {
    return this.#close();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** The readers of a turn's responses, wherever these are written. */
class TurnReaders {
  readonly #options: ResponseStreamOptions;
  readonly #userId: string;
  readonly #turnId: string;
  readonly #resume: readonly ResumePoint[];
  readonly #readers: ResponseReader[] = [];
  /** The turn's, until they are looked at. */
  #firstRows: readonly ResponseRow[] | null = null;
  #loaded = false;
  /** Whether memory tells all: everything that is awaited is being written in this process. */
  #inMemory = false;
  /** Read already, but not told yet: the database was away. */
  #untold: News[] = [];
  /** Whether there was more to read than `readNow` gave. */
  behind = false;

  constructor(options: ResponseStreamOptions, userId: string, turnId: string, resume: readonly ResumePoint[]) {
    this.#options = options;
    this.#userId = userId;
    this.#turnId = turnId;
    this.#resume = resume;
  }

  /** Rejects with NotFoundError where the member has no such turn. */
  async load(): Promise<void> {
    const { db, live } = this.#options;
    // Who follows a prompt that was just sent waits for no database.
    this.#loaded = live.hasWholeTurn(this.#turnId, this.#userId);
    if (this.#loaded) return;
    const rows = await findResponsesOfTurns(db, this.#userId, [this.#turnId]);
    if (rows.length === 0 && (await findTurns(db, this.#userId, [this.#turnId])).length === 0) {
      throw new NotFoundError('turn');
    }
    this.#firstRows = rows;
  }

  /** One that is written here has something new, or joined the turn. */
  note(response: LiveResponse): void {
    const reader = this.#readers.find(({ source }) => source === response) ?? this.#readerOf(response.id);
    reader.source = response;
    reader.noted = true;
    if (response.state !== 'running') this.#inMemory = false;
  }

  #readerOf(responseId: string): ResponseReader {
    const known = this.#readers.find((reader) => reader.responseId === responseId);
    if (known) return known;
    const resume = this.#resume.find((point) => point.responseId === responseId);
    const reader = new ResponseReader(responseId, resume);
    this.#readers.push(reader);
    return reader;
  }

  /** Null: not without the database. */
  readNow(): ResponseEvent[] | null {
    if (!this.#inMemory) return null;
    const news: News[] = [];
    this.behind = false;
    for (const reader of this.#readers) {
      if (!reader.noted || reader.finished) continue;
      reader.read(news);
      this.behind ||= reader.behind;
    }
    // What is running has not finished.
    return news as Exclude<News, { type: 'finished' }>[];
  }

  async read(): Promise<ResponseEvent[]> {
    if (this.#untold.length === 0) {
      for (const response of this.#options.live.ofTurn(this.#turnId)) this.#readerOf(response.id).source = response;
      if (!this.#loaded || this.remote) await this.#refresh();
      for (const reader of this.#unfinished()) reader.read(this.#untold);
    }
    const events = await this.#withFinalRows(this.#untold);
    this.#untold = [];
    const awaited = this.#unfinished();
    this.#inMemory = awaited.length > 0 && awaited.every((reader) => reader.isWrittenHere);
    return events;
  }

  async #refresh(): Promise<void> {
    const { db, live } = this.#options;
    const rows = this.#firstRows ?? (await findResponsesOfTurns(db, this.#userId, [this.#turnId]));
    this.#firstRows = null;
    this.#loaded = true;
    const shown = new Set([
      ...newestOfLanes(rows).map(({ id }) => id),
      ...this.#resume.map((point) => point.responseId),
      ...this.#readers.map((reader) => reader.responseId),
    ]);
    for (const row of rows) {
      if (row.finished_at && !shown.has(row.id)) continue;
      const reader = this.#readerOf(row.id);
      if (reader.finished || reader.followsLive) continue;
      const running = live.get(row.id);
      if (running || row.finished_at) reader.source = running ?? storedResponse(row);
      else reader.source = await journaledResponse(db, row, reader);
    }
    // Deleted meanwhile: there is nothing more to tell of it.
    for (const reader of this.#readers) {
      if (!reader.followsLive && !rows.some((row) => row.id === reader.responseId)) reader.finished = true;
    }
  }

  /** One that was deleted at the moment of its end is not spoken of any more. */
  async #withFinalRows(news: readonly News[]): Promise<ResponseEvent[]> {
    const finished = news.flatMap(({ type, responseId }) => (type === 'finished' ? responseId : []));
    const rows = finished.length > 0 ? await findResponses(this.#options.db, this.#userId, finished) : [];
    return news.flatMap((event): ResponseEvent | [] => {
      if (event.type !== 'finished') return event;
      const response = rows.find(({ id }) => id === event.responseId);
      return response ? { ...event, response } : [];
    });
  }

  #unfinished(): ResponseReader[] {
    return this.#readers.filter((reader) => !reader.finished);
  }

  /** Whether something is awaited that another process writes. */
  get remote(): boolean {
    return this.#unfinished().some((reader) => !reader.followsLive);
  }

  get finished(): boolean {
    return this.#loaded && this.#unfinished().length === 0;
  }
}

interface ReadableResponse {
  id: string;
  modelId: string;
  notices: readonly ResponseNotice[];
  text: ReadableText;
  reasoning: ReadableText;
  outputTokensEstimate: number;
  state: 'running' | 'final' | 'abandoned';
}

interface ReadableText {
  since(offset: number, lengthMax: number): string;
}

/**
 * Of one delta, in UTF-16 code units. Who comes late, or was slow, catches up in pieces, so that a connection never has
 * more of an answer waiting than this.
 */
const DELTA_LENGTH_MAX = 64 * 1024;

/** One reader's place in one response. */
class ResponseReader {
  readonly responseId: string;
  source: ReadableResponse | null = null;
  finished = false;
  /** There is more to read than the last reading brought. */
  behind = false;
  /** Whether there may be something new since the last reading. */
  noted = false;
  textOffset: number;
  reasoningOffset: number;
  #noticesRead = 0;

  constructor(responseId: string, resume: ResumePoint | undefined) {
    this.responseId = responseId;
    this.textOffset = resume?.textOffset ?? 0;
    this.reasoningOffset = resume?.reasoningOffset ?? 0;
  }

  /** Whether it is written in this process (or was, and is final), so that memory tells all. */
  get followsLive(): boolean {
    return this.source instanceof LiveResponse && this.source.state !== 'abandoned';
  }

  /** Whether it is written in this process and goes on. */
  get isWrittenHere(): boolean {
    return this.source instanceof LiveResponse && this.source.state === 'running';
  }

  /** Adds what is new to `events`. */
  read(events: News[]): void {
    const { source, responseId } = this;
    if (!source) return;
    const { modelId } = source;
    for (; this.#noticesRead < source.notices.length; this.#noticesRead++) {
      events.push({ responseId, ...(source.notices[this.#noticesRead] as ResponseNotice) });
    }

    const reasoning = pieceOf(source.reasoning, this.reasoningOffset);
    if (reasoning !== '') {
      events.push({ type: 'reasoning', responseId, modelId, offset: this.reasoningOffset, text: reasoning });
      this.reasoningOffset += reasoning.length;
    }
    const text = pieceOf(source.text, this.textOffset);
    if (text !== '') {
      const outputTokens = source.outputTokensEstimate;
      events.push({ type: 'text', responseId, modelId, offset: this.textOffset, text, outputTokens });
      this.textOffset += text.length;
    }
    // One less where the second half of a pair would not fit.
    this.behind = Math.max(reasoning.length, text.length) >= DELTA_LENGTH_MAX - 1;
    this.noted = this.behind;
    if (source.state === 'final' && !this.behind) {
      events.push({ type: 'finished', responseId });
      this.finished = true;
    }
  }
}

/** Never the first half of a pair without the second. */
function pieceOf(text: ReadableText, offset: number): string {
  const piece = text.since(offset, DELTA_LENGTH_MAX);
  const last = piece.length === DELTA_LENGTH_MAX ? piece.charCodeAt(piece.length - 1) : 0;
  return last >= 0xd800 && last <= 0xdbff ? piece.slice(0, -1) : piece;
}

function storedResponse(row: ResponseRow): ReadableResponse {
  return {
    id: row.id,
    modelId: row.model_id,
    notices: toNotices(row),
    text: { since: (offset, lengthMax) => row.text.slice(offset, offset + lengthMax) },
    reasoning: { since: (offset, lengthMax) => row.reasoning.slice(offset, offset + lengthMax) },
    outputTokensEstimate: (row.output_tokens ?? 0) + (row.reasoning_tokens ?? 0),
    state: 'final',
  };
}

/** What the journal has so far of a response that another process writes, from the reader's place on. */
async function journaledResponse(
  db: Kysely<Database>,
  row: ResponseRow,
  reader: ResponseReader,
): Promise<ReadableResponse> {
  const places = { text: reader.textOffset, reasoning: reader.reasoningOffset };
  const chunks = await findChunksFrom(db, row.id, places);
  const readable = (part: 'text' | 'reasoning'): ReadableText => {
    const ofPart = chunks.filter((chunk) => chunk.part === part);
    const start = ofPart[0]?.start ?? 0;
    const content = ofPart.map((chunk) => chunk.content).join('');
    return {
      since(offset, lengthMax) {
        const place = Math.max(0, offset - start);
        return content.slice(place, place + lengthMax);
      },
    };
  };
  const text = readable('text');
  const newTokens = estimateTokens(text.since(reader.textOffset, DELTA_LENGTH_MAX));
  return {
    id: row.id,
    modelId: row.model_id,
    notices: toNotices(row),
    text,
    reasoning: readable('reasoning'),
    outputTokensEstimate: Math.ceil(reader.textOffset / 4) + newTokens,
    state: 'running',
  };
}
