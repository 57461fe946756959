import { setTimeout as delay } from 'node:timers/promises';
import { isTransient } from '../../database/connection/transient.ts';
import type { LiveResponse, TurnWatcher } from '../answering/live-responses.ts';
import { ChangeSignal } from '../ground/change-signal.ts';
import { InvalidInputError } from '../ground/errors.ts';
import { type Notifications, turnTopic } from '../ground/notifications.ts';
import type { ResponseEvent, ResumePoint } from './response-reader.ts';
import { TurnReaders, type TurnReadersOptions } from './turn-readers.ts';

export interface ResponseStreamOptions extends TurnReadersOptions {
  notifications: Notifications;
}

/** One event per response and frame is enough for any eye. */
export const FRAME_MS = 16;
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
  { db, live, notifications }: ResponseStreamOptions,
  userId: string,
  turnId: string,
  resume: readonly ResumePoint[],
): Promise<TurnStream> {
  if (resume.some(isNegative)) {
    throw new InvalidInputError('resume', 'An offset cannot be negative.');
  }
  // What comes with them would be kept for as long as the stream.
  const options = { db, live, notifications };
  const stream = new TurnStream(options, new TurnReaders(options, userId, turnId, resume), turnId);
  await stream.open();
  return stream;
}

function isNegative({ textOffset, reasoningOffset, parts }: ResumePoint): boolean {
  return textOffset < 0 || reasoningOffset < 0 || (parts ?? []).some(({ index, offset }) => index < 0 || offset < 0);
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
  readonly #change = new ChangeSignal();
  #unwatch: (() => void)[] = [];
  #listener: NewsListener | null = null;
  /** Left over from `next`; null: none is. */
  #events: ResponseEvent[] | null = null;
  /** `pulled`: `next` waits for the change signal, or soon will. */
  #state: 'idle' | 'pulled' | 'closed' = 'idle';
  #frameEndsAt = 0;
  #failures = 0;

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
      // What happens here memory tells, and sooner.
      notifications.subscribe(turnTopic(this.#turnId), (elsewhere) => elsewhere && this.#noteElsewhere()),
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

  #noteElsewhere(): void {
    this.#readers.noteElsewhere();
    this.#notify();
  }

  #notify(): void {
    if (this.#state === 'pulled') this.#change.notify();
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
    if (this.#events || this.#closed) return null;
    const news = this.#readers.readNow();
    // The rest is news too.
    if (news && this.#readers.behind) this.#listener?.wake();
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

  /** The database may be away for a while. What runs here is read on without it; whatever else is followed waits for it. */
  #requirePatience(error: unknown): null {
    if (!isTransient(error) || ++this.#failures > DATABASE_FAILURES_MAX) throw error;
    return null;
  }

  get #closed(): boolean {
    return this.#state === 'closed';
  }

  #close(): IteratorReturnResult<undefined> {
    this.#state = 'closed';
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
