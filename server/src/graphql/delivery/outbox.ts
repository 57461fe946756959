import { FRAME_MS } from '../../domain/following/response-stream.ts';

/**
 * What goes out on one connection: everything that is new for all of its subscriptions, in one write per frame. The
 * first news after a quiet frame go at once. A connection that does not take what was written gets nothing more until
 * it does, and what it misses meanwhile waits where it is kept anyway: in the responses' texts.
 */
export abstract class Outbox {
  protected readonly connection: WritableSocket;
  /** Those that asked to be pumped, the last one first. */
  #due: Pump | null = null;
  #closed = false;
  /** Whether the connection has not taken yet what was written. */
  #full = false;
  /** Whether it is among those of the next round; the rounds' own. */
  waits = false;
  /** As `performance.now()`. */
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

  /** Has the pump called soon: at once, or with the next frame. Synchronous and often. */
  request(pump: Pump): void {
    if (pump.waits || this.#closed) return;
    pump.waits = true;
    pump.nextDue = this.#due;
    this.#due = pump;
    // Else there is a frame to come already, or a connection to drain.
    if (pump.nextDue === null && !this.#full) enterRound(this);
  }

  /** Whether the connection takes more. */
  get isOpen(): boolean {
    return !this.#closed && !this.#full;
  }

  /** Sends what its pumps have. */
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

/** What has news for a connection. */
export interface Pump {
  /** Adds its messages. */
  pump(messages: string[]): void;
  /** The outbox's own: whether it is to be pumped with the next frame, and who is after it. */
  waits: boolean;
  nextDue: Pump | null;
}

/** What is needed of a socket. */
interface WritableSocket {
  write(bytes: Uint8Array): boolean;
  once(event: 'drain', listener: () => void): unknown;
}

/*
 * All connections are written to in rounds. Reading and writing for many in a row costs half of what it costs for each
 * alone: what is run stays in the processor's caches, and the kernel wakes whoever reads once. Deltas of many models
 * come every millisecond; a round takes those of some milliseconds together, which nobody sees.
 */
const ROUND_MS = 4;
/** How much too early a timer may come. */
const EARLY_MS_MAX = 1;
/** Written to in a row; between two rows the process does what else there is to do. */
const ROW_LENGTH = 32;
/** A connection that was quiet for so long is not kept waiting for a round: what comes now may be a first token. */
const QUIET_MS = 100;

let waiting: Outbox[] = [];
/** Of the round that is being held, and how many of them have been written to. */
let round: Outbox[] = [];
let written = 0;
let lastRoundAt = Number.NEGATIVE_INFINITY;
let timer: NodeJS.Timeout | null = null;
/** What the timer is set to. */
let nextRoundAt = Number.POSITIVE_INFINITY;
/** Whether a row comes as soon as what has arrived is read. */
let comesNow = false;
/** Written to as soon as the piece is read that brought their news: it often brings several deltas. */
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

/** For who is due at `dueAt`. */
function planRound(dueAt: number, now: number): void {
  const at = Math.max(dueAt, lastRoundAt + ROUND_MS);
  if (at <= now) holdRoundNow();
  else if (at < nextRoundAt) {
    if (timer) clearTimeout(timer);
    timer = setTimeout(holdRound, at - now);
    nextRoundAt = at;
  }
}

/** Not before everything that has arrived by now was read. */
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
