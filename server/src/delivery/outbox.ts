import { FRAME_MS } from '../domain/following/response-stream.ts';

/**
 * Writes to one connection everything that is new for its subscriptions, in one write per frame. The first news after a
 * quiet frame go out at once. A connection that does not take what was written gets nothing more until it drains; what
 * it misses meanwhile is kept in the responses' texts anyway.
 */
export abstract class Outbox {
  protected readonly connection: WritableSocket;
  /** The pumps that asked to be pumped, the last one first. */
  #due: Pump | null = null;
  #closed = false;
  /** Whether the connection has not taken yet what was written. */
  #full = false;
  /** Whether it waits for the next round; only the rounds set this. */
  waits = false;
  /** When the present frame ends, as `performance.now()`. */
  frameEndsAt = Number.NEGATIVE_INFINITY;

  constructor(connection: WritableSocket) {
    this.connection = connection;
  }

  /**
   * Sends messages in the connection's protocol, in one piece.
   *
   * @returns whether the connection takes more; else its event `drain` tells when
   */
  protected abstract send(messages: readonly string[]): boolean;

  /** Writes at once, whatever the frame. */
  write(messages: readonly string[]): void {
    if (messages.length === 0 || this.#closed) return;
    const takesMore = this.send(messages);
    if (takesMore || this.#full) return;
    this.#full = true;
    this.connection.once('drain', () => this.#drained());
  }

  /** Has the pump called soon: at once, or with the next frame. Called often and synchronously. */
  request(pump: Pump): void {
    if (pump.waits || this.#closed) return;
    pump.waits = true;
    pump.nextDue = this.#due;
    this.#due = pump;
    // Otherwise a frame is to come already, or the connection has to drain.
    if (pump.nextDue === null && !this.#full) enterRound(this);
  }

  /** Whether the connection takes more. */
  get isOpen(): boolean {
    return !this.#closed && !this.#full;
  }

  /** Sends the messages of the pumps that are due. */
  flush(now: number): void {
    if (!this.isOpen) return;
    const messages: string[] = [];
    let pump = this.#due;
    this.#due = null;
    while (pump) {
      const next: Pump | null = pump.nextDue;
      pump.nextDue = null;
      pump.waits = false;
      pump.pump(messages);
      pump = next;
    }
    if (messages.length === 0) return;
    this.frameEndsAt = now + FRAME_MS;
    this.write(messages);
  }

  #drained(): void {
    this.#full = false;
    if (this.#due) enterRound(this);
  }

  close(): void {
    this.#closed = true;
    this.#due = null;
  }
}

/** A source of messages for a connection. */
export interface Pump {
  /** Adds its new messages. */
  pump(messages: string[]): void;
  /**
   * Whether the pump is due with the next frame; only the outbox sets this and `nextDue`, the next pump that is due.
   */
  waits: boolean;
  nextDue: Pump | null;
}

/** The part of a socket that an outbox uses. */
interface WritableSocket {
  write(bytes: Uint8Array): boolean;
  once(event: 'drain', listener: () => void): unknown;
}

/*
 * All connections are written to in rounds. Writing to many in a row costs half as much as writing to each alone: the
 * code stays in the processor's caches, and the kernel wakes a reader only once. Deltas of many models come every
 * millisecond; a round takes together those of some milliseconds, which nobody sees.
 */
const ROUND_MS = 4;
/** How much too early a timer may fire. */
const EARLY_MS_MAX = 1;
/** How many connections are written to in a row; between two rows the process does its other work. */
const ROW_LENGTH = 32;
/** A connection that was quiet for longer does not wait for a round: its news may be a first token. */
const QUIET_MS = 100;

let waiting: Outbox[] = [];
/** The outboxes of the round that is being held; `written` of them have been written to. */
let round: Outbox[] = [];
let written = 0;
let lastRoundAt = Number.NEGATIVE_INFINITY;
let timer: NodeJS.Timeout | null = null;
/** When the timer fires. */
let nextRoundAt = Number.POSITIVE_INFINITY;
/** Whether a row comes as soon as everything that has arrived is read. */
let comesNow = false;
/** Outboxes to be written to as soon as the piece that brought their news is read: it often brings several deltas. */
let urgent: Outbox[] = [];

function enterRound(outbox: Outbox): void {
  if (outbox.waits) return;
  outbox.waits = true;
  const now = performance.now();
  if (now - outbox.frameEndsAt > QUIET_MS && urgent.length < ROW_LENGTH) {
    if (urgent.push(outbox) === 1) queueMicrotask(writeUrgent);
    return;
  }
  waiting.push(outbox);
  if (written === round.length && !comesNow) planRound(outbox.frameEndsAt, now);
}

function writeUrgent(): void {
  const now = performance.now();
  const row = urgent;
  urgent = [];
  for (const outbox of row) {
    outbox.waits = false;
    outbox.flush(now);
  }
}

/** Plans a round for an outbox that is due at `dueAt`. */
function planRound(dueAt: number, now: number): void {
  const at = Math.max(dueAt, lastRoundAt + ROUND_MS);
  if (at <= now) holdRoundNow();
  else if (at < nextRoundAt) {
    if (timer) clearTimeout(timer);
    timer = setTimeout(holdRound, at - now);
    nextRoundAt = at;
  }
}

/** Holds a round once everything that has arrived by now is read. */
function holdRoundNow(): void {
  if (!comesNow) setImmediate(holdRound);
  comesNow = true;
}

function holdRound(): void {
  if (timer) clearTimeout(timer);
  timer = null;
  nextRoundAt = Number.POSITIVE_INFINITY;
  comesNow = false;
  lastRoundAt = performance.now();
  if (round.length === 0) [round, waiting] = [waiting, round];
  const rowEnd = Math.min(written + ROW_LENGTH, round.length);
  while (written < rowEnd) {
    const outbox = round[written++] as Outbox;
    outbox.waits = outbox.frameEndsAt > lastRoundAt + EARLY_MS_MAX;
    if (outbox.waits) waiting.push(outbox);
    else outbox.flush(lastRoundAt);
  }
  if (written < round.length) {
    holdRoundNow();
    return;
  }
  round = [];
  written = 0;
  if (waiting.length > 0) planRound(firstFrameEnd(waiting), lastRoundAt);
}

function firstFrameEnd(outboxes: readonly Outbox[]): number {
  return outboxes.reduce((first, { frameEndsAt }) => Math.min(first, frameEndsAt), Number.POSITIVE_INFINITY);
}
