import { setTimeout as delay } from 'node:timers/promises';
import { isTransient } from '../../database/connection/transient.ts';
import type { LiveResponse, TurnWatcher } from '../answering/live-responses.ts';
import { ChangeSignal } from '../ground/change-signal.ts';
import { InvalidInputError } from '../ground/errors.ts';
import { type Notifications, revealTopic, turnTopic } from '../ground/notifications.ts';
import { HELD_BACK_MS } from './hidden-lanes.ts';
import type { ResponseEvent, ResumePoint } from './response-reader.ts';
import { type ReadingRequest, TurnReaders, type TurnReadersOptions } from './turn-readers.ts';

export interface ResponseStreamOptions extends TurnReadersOptions {
  notifications: Notifications;
}

/** At most one event per response in this time: nobody sees more. */
export const FRAME_MS = 16;
/**
 * How often another process's responses are looked at: as a safety net when notifications arrive, or in place of them.
 */
const POLL_MS = { proven: 2000, unproven: 100 };

const DATABASE_RETRY_MS = 500;
/** About two minutes. */
const DATABASE_FAILURES_MAX = 240;

/** Listens for a stream's news. Called often and synchronously, so it should only take note. */
export interface NewsListener {
  wake(): void;
}

/**
 * Follows a turn's responses as they are written: each first from its resume point up to date, then live, until all are
 * final. The reader pulls: a slow one gets fewer, longer deltas, and the stream holds only its offsets.
 *
 * Rejects with NotFoundError or InvalidInputError before the first event.
 */
export async function followTurn(
  { db, live, notifications }: ResponseStreamOptions,
  request: ReadingRequest,
): Promise<TurnStream> {
  if (request.resume.some(isNegative)) {
    throw new InvalidInputError('resume', 'An offset cannot be negative.');
  }
  // Other properties of the options would be kept as long as the stream.
  const options = { db, live, notifications };
  const stream = new TurnStream(options, new TurnReaders(options, request), request.turnId);
  await stream.open();
  return stream;
}

function isNegative({ textOffset, reasoningOffset, parts }: ResumePoint): boolean {
  return textOffset < 0 || reasoningOffset < 0 || (parts ?? []).some(({ index, offset }) => index < 0 || offset < 0);
}

/*
 * There is a stream for every reader, and each delta passes through it. Its state is in few objects, not in many
 * closures: the cost of a delta is above all the memory that it has to touch (docs/decisions/0004).
 */

/**
 * The events of a turn. A reader can also take them without a promise for each: `listen` says when, `readNow` returns
 * them.
 */
export class TurnStream implements AsyncIterableIterator<ResponseEvent>, TurnWatcher {
  readonly #options: ResponseStreamOptions;
  readonly #readers: TurnReaders;
  readonly #turnId: string;
  readonly #change = new ChangeSignal();
  #unwatch: (() => void)[] = [];
  #listener: NewsListener | null = null;
  /** Events left over from `next`; null: none. */
  #events: ResponseEvent[] | null = null;
  /** `pulled`: `next` waits for the change signal, or soon will. */
  #state: 'idle' | 'pulled' | 'closed' = 'idle';
  #frameEndsAt = 0;
  #failures = 0;
  /** Wakes a reader whom only time holds back; null: none does. */
  #timer: NodeJS.Timeout | null = null;

  constructor(options: ResponseStreamOptions, readers: TurnReaders, turnId: string) {
    this.#options = options;
    this.#readers = readers;
    this.#turnId = turnId;
  }

  /** Rejects with NotFoundError if the member has no such turn. */
  async open(): Promise<void> {
    const { live, notifications } = this.#options;
    // The subscriptions begin before the rows are read, so that no change falls in between.
    this.#unwatch = [
      live.watch(this.#turnId, this),
      // Memory tells of changes in this process, and sooner.
      notifications.subscribe(turnTopic(this.#turnId), (elsewhere) => elsewhere && this.#noteElsewhere()),
    ];
    await this.#readers.load().catch((error) => {
      this.#close();
      throw error;
    });
    if (this.#readers.isHidden) await this.#awaitReveal();
  }

  async #awaitReveal(): Promise<void> {
    this.#unwatch.push(this.#options.notifications.subscribe(revealTopic(this.#turnId), () => this.#noteReveal()));
    // It may have been revealed just before.
    await this.#readers.lookWhetherHidden();
  }

  /** A look that fails leaves the models hidden, as they are in a reader's memory. */
  #noteReveal(): void {
    this.#readers.lookWhetherHidden().then(
      () => this.#notify(),
      () => {},
    );
  }

  #wakeLater(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#notify();
    }, HELD_BACK_MS);
  }

  note(response: LiveResponse): void {
    this.#readers.note(response);
    this.#notify();
  }

  #noteElsewhere(): void {
    this.#readers.noteElsewhere();
    this.#notify();
  }

  #notify(): void {
    if (this.#state === 'pulled') this.#change.notify();
    this.#listener?.wake();
  }

  /** Tells `listener` (only one) of every change until the stream ends. */
  listen(listener: NewsListener): void {
    this.#listener = listener;
  }

  /**
   * News that memory has; may be empty. Null: `next` must be called, because the database has to be asked or an event
   * is left over.
   */
  readNow(): ResponseEvent[] | null {
    if (this.#events || this.#closed) return null;
    const news = this.#readers.readNow();
    // The part that was not read yet is news too.
    if (news && this.#readers.behind) this.#listener?.wake();
    if (this.#readers.isHeldBack) this.#wakeLater();
    return news;
  }

  async next(): Promise<IteratorResult<ResponseEvent>> {
    const events =
      this.#events ??
      (await this.#nextEvents().catch((error) => {
        this.#close();
        throw error;
      }));
    const event = events.shift();
    this.#events = events.length > 0 ? events : null;
    return event && !this.#closed ? { value: event, done: false } : this.#close();
  }

  async #nextEvents(): Promise<ResponseEvent[]> {
    const readers = this.#readers;
    if (this.#state === 'idle') this.#state = 'pulled';
    try {
      while (!this.#closed) {
        const frameMsLeft = this.#frameEndsAt - performance.now();
        if (frameMsLeft > 0) await delay(frameMsLeft);
        this.#change.clear();
        const news = await readers.read().catch((error) => this.#requirePatience(error));
        if (news) this.#failures = 0;
        if (readers.isHeldBack && !this.#closed) this.#wakeLater();
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
      if (this.#state === 'pulled') this.#state = 'idle';
    }
  }

  /**
   * Tolerates a database that is away for a while. Responses of this process are read on without it; everything else
   * that is followed waits for it.
   */
  #requirePatience(error: unknown): null {
    if (!isTransient(error) || ++this.#failures > DATABASE_FAILURES_MAX) throw error;
    return null;
  }

  get #closed(): boolean {
    return this.#state === 'closed';
  }

  #close(): IteratorReturnResult<undefined> {
    this.#state = 'closed';
    if (this.#timer) clearTimeout(this.#timer);
    for (const end of this.#unwatch.splice(0)) end();
    this.#change.notify();
    return { value: undefined, done: true };
  }

  // `return` may be called while `next` waits; a generator would not notice before the next change.
  async return(): Promise<IteratorReturnResult<undefined>> {
    return this.#close();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
