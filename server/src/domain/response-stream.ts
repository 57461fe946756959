import { setTimeout as delay } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import type { Database } from '../database/database.ts';
import { findChunksFrom, findResponses, findResponsesOfTurns, type ResponseRow } from '../database/responses.ts';
import { isTransient } from '../database/transient.ts';
import { findTurns } from '../database/turns.ts';
import { createChangeSignal } from './change-signal.ts';
import { InvalidInputError, NotFoundError } from './errors.ts';
import { type Failure, LiveResponse, type LiveResponses, type ResponseNotice } from './live-responses.ts';
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

/** A reader may also come for its events itself, without a promise for each: `onChange` says when, `readNow` gives them. */
export interface TurnStream extends AsyncIterableIterator<ResponseEvent> {
  /** Calls `wake` at every change until the stream ends. Synchronous and often: `wake` only notes it. */
  onChange(wake: () => void): void;
  /**
   * What is new and known to memory; there may be nothing. Null: the database has to be asked, or an event is left
   * over from `next`, and so `next` is to be called.
   */
  readNow(): ResponseEvent[] | null;
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
  const { live, notifications } = options;
  const change = createChangeSignal();
  const watch = (wake: () => void) => [live.watch(turnId, wake), notifications.subscribe(turnTopic(turnId), wake)];
  // Before the rows are read, so that no change falls in between.
  const unwatch = watch(change.notify);
  const unwatchAll = () => {
    for (const end of unwatch.splice(0)) end();
  };
  const rows = await findResponsesOfTurn(options.db, userId, turnId).catch((error) => {
    unwatchAll();
    throw error;
  });
  const wakes: (() => void)[] = [];
  const readers = createTurnReaders(options, userId, turnId, resume, rows);
  let events: ResponseEvent[] = [];
  let frameEndsAt = 0;
  let failures = 0;
  let closed = false;

  async function nextEvents(): Promise<ResponseEvent[]> {
    while (!closed) {
      const frameMsLeft = frameEndsAt - performance.now();
      if (frameMsLeft > 0) await delay(frameMsLeft);
      change.clear();
      const news = await readers.read().catch(requirePatience);
      if (news) failures = 0;
      if (news && news.length > 0) {
        frameEndsAt = performance.now() + FRAME_MS;
        return news;
      }
      if (news && readers.finished) break;
      const pollMs = notifications.proven ? POLL_MS.proven : POLL_MS.unproven;
      if (!closed) await (news ? change.wait(readers.remote ? pollMs : null) : delay(DATABASE_RETRY_MS));
    }
    return [];
  }

  /** The database may be away for a while. What runs here is read on without it; whatever else is followed waits for it. */
  function requirePatience(error: unknown): null {
    if (!isTransient(error) || ++failures > DATABASE_FAILURES_MAX) throw error;
    return null;
  }

  function close(): IteratorReturnResult<undefined> {
    closed = true;
    unwatchAll();
    change.notify();
    return { value: undefined, done: true };
  }

  const stream: TurnStream = {
    onChange(wake) {
      if (closed) return;
      unwatch.push(...watch(wake));
      wakes.push(wake);
    },
    readNow() {
      if (events.length > 0 || closed) return null;
      const news = readers.readNow();
      // The rest is news too.
      if (news && readers.behind) for (const wake of wakes) wake();
      return news;
    },
    async next() {
      if (events.length === 0) {
        events = await nextEvents().catch((error) => {
          close();
          throw error;
        });
      }
      const event = events.shift();
      return event && !closed ? { value: event, done: false } : close();
    },
    // May come while next() waits, which a generator would not hear before the next change.
    async return() {
      return close();
    },
    [Symbol.asyncIterator]: () => stream,
  };
  return stream;
}

async function findResponsesOfTurn(db: Kysely<Database>, userId: string, turnId: string): Promise<ResponseRow[]> {
  const rows = await findResponsesOfTurns(db, userId, [turnId]);
  if (rows.length === 0 && (await findTurns(db, userId, [turnId])).length === 0) throw new NotFoundError('turn');
  return rows;
}

/**
 * The readers of a turn's responses, wherever these are written.
 *
 * @param firstRows the turn's, as they were a moment ago
 */
function createTurnReaders(
  { db, live }: ResponseStreamOptions,
  userId: string,
  turnId: string,
  resume: readonly ResumePoint[],
  firstRows: readonly ResponseRow[],
) {
  const readers = new Map<string, ResponseReader>();
  let loaded = false;
  let behind = false;
  /** Read already, but not told yet: the database was away. */
  let untold: News[] = [];

  function readerOf(responseId: string): ResponseReader {
    let reader = readers.get(responseId);
    if (!reader) {
      reader = new ResponseReader(resume.find((point) => point.responseId === responseId));
      readers.set(responseId, reader);
    }
    return reader;
  }

  const unfinished = () => [...readers.values()].filter((reader) => !reader.finished);
  const isRemote = () => unfinished().some((reader) => !reader.followsLive);

  async function refresh() {
    const rows = loaded ? await findResponsesOfTurns(db, userId, [turnId]) : firstRows;
    loaded = true;
    const shown = new Set([...newestOfLanes(rows).map(({ id }) => id), ...resume.map((point) => point.responseId)]);
    for (const row of rows) {
      if (row.finished_at && !shown.has(row.id) && !readers.has(row.id)) continue;
      const reader = readerOf(row.id);
      if (reader.finished || reader.followsLive) continue;
      const running = live.get(row.id);
      if (running || row.finished_at) reader.source = running ?? storedResponse(row);
      else reader.source = await journaledResponse(db, row, reader);
    }
    // Deleted meanwhile: there is nothing more to tell of it.
    for (const [id, reader] of readers) {
      if (!reader.followsLive && !rows.some((row) => row.id === id)) reader.finished = true;
    }
  }

  /** One that was deleted at the moment of its end is not spoken of any more. */
  async function withFinalRows(news: readonly News[]): Promise<ResponseEvent[]> {
    const finished = news.flatMap(({ type, responseId }) => (type === 'finished' ? responseId : []));
    const rows = finished.length > 0 ? await findResponses(db, userId, finished) : [];
    return news.flatMap((event): ResponseEvent | [] => {
      if (event.type !== 'finished') return event;
      const response = rows.find(({ id }) => id === event.responseId);
      return response ? { ...event, response } : [];
    });
  }

  /** Also those that joined the turn since. */
  function followLive() {
    for (const response of live.ofTurn(turnId)) readerOf(response.id).source = response;
  }

  return {
    async read(): Promise<ResponseEvent[]> {
      if (untold.length === 0) {
        followLive();
        if (!loaded || isRemote()) await refresh();
        for (const reader of unfinished()) reader.read(untold);
      }
      const events = await withFinalRows(untold);
      untold = [];
      return events;
    },
    /** Null: not without the database. */
    readNow(): ResponseEvent[] | null {
      followLive();
      let open = 0;
      for (const { finished, source } of readers.values()) {
        if (finished) continue;
        if (!(source instanceof LiveResponse) || source.state !== 'running') return null;
        open += 1;
      }
      if (!loaded || open === 0 || untold.length > 0) return null;
      const news: News[] = [];
      behind = false;
      for (const reader of readers.values()) {
        if (reader.finished) continue;
        reader.read(news);
        behind ||= reader.behind;
      }
      // What is running has not finished.
      return news as Exclude<News, { type: 'finished' }>[];
    },
    /** Whether there was more to read than `readNow` gave. */
    get behind() {
      return behind;
    },
    /** Whether something is awaited that another process writes. */
    get remote() {
      return isRemote();
    },
    get finished() {
      return loaded && unfinished().length === 0;
    },
  };
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
  source: ReadableResponse | null = null;
  finished = false;
  /** There is more to read than the last reading brought. */
  behind = false;
  textOffset: number;
  reasoningOffset: number;
  #noticesRead = 0;

  constructor(resume: ResumePoint | undefined) {
    this.textOffset = resume?.textOffset ?? 0;
    this.reasoningOffset = resume?.reasoningOffset ?? 0;
  }

  /** Whether it is written in this process (or was, and is final), so that memory tells all. */
  get followsLive(): boolean {
    return this.source instanceof LiveResponse && this.source.state !== 'abandoned';
  }

  /** Adds what is new to `events`. */
  read(events: News[]): void {
    const { source } = this;
    if (!source) return;
    const { id: responseId, modelId } = source;
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
