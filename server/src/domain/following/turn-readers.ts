import type { Kysely } from 'kysely';
import { isTransient } from '../../database/connection/transient.ts';
import type { Database } from '../../database/database.ts';
import { findFollowedResponses } from '../../database/judging/hidden-turns.ts';
import { findToldResponses, type ShownResponseRow } from '../../database/judging/shown-responses.ts';
import type { ResponseRow } from '../../database/responses.ts';
import { findTurns } from '../../database/turns.ts';
import type { LiveResponse, LiveResponses } from '../answering/live-responses.ts';
import { shownOfLanes } from '../answering/responses.ts';
import { NotFoundError } from '../ground/errors.ts';
import { findHiddenLanes, type HiddenLanes } from './hidden-lanes.ts';
import { journaledResponse, storedResponse } from './readable-response.ts';
import { type News, type ResponseEvent, ResponseReader, type ResumePoint } from './response-reader.ts';

export interface TurnReadersOptions {
  db: Kysely<Database>;
  live: LiveResponses;
}

/** What a reader asks for. */
export interface ReadingRequest {
  userId: string;
  turnId: string;
  resume: readonly ResumePoint[];
  /** Whether the answers of a blind turn are shown at one pace. */
  paced: boolean;
}

/**
 * What the readers know of the turn: `none`: nothing was looked at; `rows`: the rows, as of the last look; `memory`: everything
 * that is awaited is being written in this process, so that no look is needed; `outdated`: another process did something
 * to the turn since the last look.
 */
type Knowledge = 'none' | 'rows' | 'memory' | 'outdated';

/** The readers of a turn's responses, wherever these are written. */
export class TurnReaders {
  readonly #options: TurnReadersOptions;
  readonly #userId: string;
  readonly #turnId: string;
  readonly #resume: readonly ResumePoint[];
  readonly #paced: boolean;
  /** Null: the turn does not hide its models. */
  #hidden: HiddenLanes | null = null;
  #readers: readonly ResponseReader[] = [];
  /** The rows that `load` found; null once they are used; `outdated`: something changed before that. */
  #firstRows: readonly ResponseRow[] | 'outdated' | null = null;
  #knowledge: Knowledge = 'none';
  /** News that was read but not returned, because the database was away. */
  #untold: News[] = [];
  /** Whether there was more to read than `readNow` gave. */
  behind = false;

  constructor(options: TurnReadersOptions, { userId, turnId, resume, paced }: ReadingRequest) {
    this.#options = options;
    this.#userId = userId;
    this.#turnId = turnId;
    this.#resume = resume;
    this.#paced = paced;
  }

  /** Whether only time holds back what is written. */
  get isHeldBack(): boolean {
    return this.#hidden?.isHeldBack ?? false;
  }

  /** Whether the turn hides its models. */
  get isHidden(): boolean {
    return this.#hidden !== null;
  }

  /** Rejects with NotFoundError if the member has no such turn. */
  async load(): Promise<void> {
    const { db, live } = this.#options;
    // Following a prompt that was just sent waits for no database, unless it is blind.
    if (live.hasWholeTurn(this.#turnId, this.#userId)) {
      this.#knowledge = 'rows';
      for (const { hidden } of live.ofTurn(this.#turnId)) if (hidden) return this.lookWhetherHidden();
      return;
    }
    const rows = await findFollowedResponses(db, this.#userId, this.#turnId);
    if (rows.length === 0 && (await findTurns(db, this.#userId, [this.#turnId])).length === 0) {
      throw new NotFoundError('turn');
    }
    if (rows[0]?.hidden) await this.lookWhetherHidden();
    this.#firstRows ??= rows;
  }

  /** Looks whether the turn hides its models, or still does. */
  async lookWhetherHidden(): Promise<void> {
    const asked = { turnId: this.#turnId, paced: this.#paced };
    const hidden = await findHiddenLanes(this.#options.db, this.#userId, asked);
    if (hidden && this.#hidden) return;
    this.#hidden = hidden;
    // What was read for a hidden turn is read again with what it hid.
    if (!hidden && this.#knowledge === 'memory') this.#knowledge = 'rows';
  }

  /** Notes that a response which is written here has something new, or joined the turn. */
  note(response: LiveResponse): void {
    const reader = this.#readerFrom(response) ?? this.#readerOf(response.id);
    reader.source = response;
    reader.noted = true;
    if (response.state !== 'running' && this.#knowledge === 'memory') this.#knowledge = 'rows';
  }

  /** Another process did something to the turn. */
  noteElsewhere(): void {
    if (this.#knowledge === 'none') this.#firstRows = 'outdated';
    else this.#knowledge = 'outdated';
  }

  #readerFrom(response: LiveResponse): ResponseReader | undefined {
    for (const reader of this.#readers) if (reader.source === response) return reader;
    return undefined;
  }

  #readerOf(responseId: string): ResponseReader {
    const known = this.#readers.find((reader) => reader.responseId === responseId);
    if (known) return known;
    const resume = this.#resume.find((point) => point.responseId === responseId);
    const reader = new ResponseReader(responseId, resume);
    this.#readers = this.#readers.concat(reader);
    return reader;
  }

  /** News that memory has; null: the database has to be asked. */
  readNow(): ResponseEvent[] | null {
    if (this.#knowledge !== 'memory') return null;
    const news: News[] = [];
    this.behind = false;
    if (this.#hidden) return this.#readHiddenNow(this.#hidden);
    for (const reader of this.#readers) {
      if (!reader.noted || reader.finished) continue;
      reader.read(news);
      this.behind ||= reader.behind;
    }
    // A running response has not finished, so there is no `finished` event.
    return news as Exclude<News, { type: 'finished' }>[];
  }

  #readHiddenNow(hidden: HiddenLanes): ResponseEvent[] | null {
    const news: News[] = [];
    this.behind = hidden.read(this.#readers, news);
    if (!news.some(({ type }) => type === 'finished')) return news as Exclude<News, { type: 'finished' }>[];
    // The end of a lane is told with its row.
    this.#untold = news;
    this.#knowledge = 'rows';
    return null;
  }

  async read(): Promise<ResponseEvent[]> {
    if (this.#untold.length === 0) {
      for (const response of this.#options.live.ofTurn(this.#turnId)) this.#readerOf(response.id).source = response;
      if (this.#knowledge === 'none' || this.remote) await this.#refresh();
      // Responses written here do not wait for a database that is away: the end of the last answer refreshes again.
      else if (this.#knowledge === 'outdated') await this.#refresh().catch(requireTransient);
      if (this.#hidden) this.behind = this.#hidden.read(this.#readers, this.#untold);
      else for (const reader of this.#unfinished()) reader.read(this.#untold);
    }
    const events = await this.#withFinalRows(this.#untold);
    this.#untold = [];
    const awaited = this.#unfinished();
    const isInMemory = awaited.length > 0 && awaited.every((reader) => reader.isWrittenHere);
    if (this.#knowledge !== 'outdated') this.#knowledge = isInMemory ? 'memory' : 'rows';
    return events;
  }

  async #refresh(): Promise<void> {
    const { db, live } = this.#options;
    const before = this.#knowledge;
    const firstRows = this.#firstRows;
    // Set before the rows are read: a change meanwhile makes the knowledge outdated again.
    this.#knowledge = 'rows';
    this.#firstRows = null;
    const rows = firstRows === null || firstRows === 'outdated' ? await this.#findRows(before) : firstRows;
    for (const row of this.#shownOf(rows)) {
      const reader = this.#readerOf(row.id);
      if (reader.finished || reader.followsLive) continue;
      const running = live.get(row.id);
      if (running || row.finished_at) reader.source = running ?? storedResponse(row);
      else reader.source = await journaledResponse(db, row, reader);
    }
    // Rows that are gone were deleted: there is nothing more to tell of them.
    for (const reader of this.#readers) {
      if (!reader.followsLive && !rows.some((row) => row.id === reader.responseId)) reader.finished = true;
    }
  }

  /** @param before what was known before; `none` is restored if the database is away, so that the rows are asked for again */
  async #findRows(before: Knowledge): Promise<ResponseRow[]> {
    try {
      return await findFollowedResponses(this.#options.db, this.#userId, this.#turnId);
    } catch (error) {
      if (before === 'none') this.#knowledge = 'none';
      throw error;
    }
  }

  /**
   * The rows to follow: those shown by their lanes, those being written, and all that were already followed or asked
   * for.
   */
  #shownOf(rows: readonly ResponseRow[]): ResponseRow[] {
    const shown = new Set([
      ...shownOfLanes(rows).map(({ id }) => id),
      ...this.#resume.map((point) => point.responseId),
      ...this.#readers.map((reader) => reader.responseId),
    ]);
    return rows.filter(({ id, finished_at }) => finished_at === null || shown.has(id));
  }

  /** Adds their rows to `finished` events. A response that was deleted just as it ended is left out. */
  async #withFinalRows(news: readonly News[]): Promise<ResponseEvent[]> {
    const finished = news.flatMap(({ type, responseId }) => (type === 'finished' ? responseId : []));
    const rows = finished.length > 0 ? await this.#finalRows(finished) : [];
    return news.flatMap((event): ResponseEvent | [] => {
      if (event.type !== 'finished') return event;
      const response = rows.find(({ id }) => id === event.responseId);
      return response ? { ...event, response } : [];
    });
  }

  async #finalRows(finished: readonly string[]): Promise<ShownResponseRow[]> {
    const { db } = this.#options;
    if (this.#unfinished().length === 0) {
      // Nothing else is awaited as far as this process knows, but another one may have begun one more response.
      const rows = await findFollowedResponses(db, this.#userId, this.#turnId);
      for (const { id } of this.#shownOf(rows)) this.#readerOf(id);
    }
    return findToldResponses(db, this.#userId, finished);
  }

  #unfinished(): ResponseReader[] {
    return this.#readers.filter((reader) => !reader.finished);
  }

  /** Whether a response is awaited that another process writes. */
  get remote(): boolean {
    return this.#unfinished().some((reader) => !reader.followsLive);
  }

  get finished(): boolean {
    return this.#knowledge !== 'none' && this.#unfinished().length === 0;
  }
}

function requireTransient(error: unknown): void {
  if (!isTransient(error)) throw error;
}
