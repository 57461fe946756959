/**
 * What goes out on one connection: everything that is new for all of its subscriptions, in one write per frame. The
 * first news after a quiet frame go at once. A connection that does not take what was written gets nothing more until
 * it does, and what it misses meanwhile waits where it is kept anyway: in the responses' texts.
 */
export interface Outbox {
  /** Has `pump` called soon: at once, or with the next frame. Synchronous and often. */
  request(pump: () => void): void;
  /** Sends a message; from a pump, together with all others of the frame. */
  write(message: string): void;
  /** Whether the connection takes more. */
  readonly open: boolean;
  close(): void;
}

/** A connection, below its protocol. */
export interface Sink {
  /** In one piece, if it can be. */
  write(messages: readonly string[]): void;
  readonly stream: {
    readonly writableLength: number;
    once(event: 'drain', listener: () => void): unknown;
    off(event: 'drain', listener: () => void): unknown;
  };
}

const FRAME_MS = 16;
/** Bytes that a connection may have waiting; a few frames of many fast models. */
const WAITING_BYTES_MAX = 64 * 1024;

export function createOutbox({ write, stream }: Sink): Outbox {
  const pumps = new Set<() => void>();
  let frame: string[] | null = null;
  let requested = false;
  let closed = false;
  const entry: Entry = { frameEndsAt: Number.NEGATIVE_INFINITY, flush };

  function flush(now: number) {
    if (stream.writableLength > WAITING_BYTES_MAX) return void stream.once('drain', enter);
    requested = false;
    frame = [];
    const due = [...pumps];
    pumps.clear();
    for (const pump of due) pump();
    const messages = frame;
    frame = null;
    if (messages.length === 0) return;
    entry.frameEndsAt = now + FRAME_MS;
    write(messages);
  }

  function enter() {
    enterRound(entry);
  }

  return {
    request(pump) {
      if (closed) return;
      pumps.add(pump);
      if (requested) return;
      requested = true;
      enter();
    },
    write(message) {
      if (frame) frame.push(message);
      else if (!closed) write([message]);
    },
    get open() {
      return !closed && stream.writableLength <= WAITING_BYTES_MAX;
    },
    close() {
      closed = true;
      waiting.delete(entry);
      stream.off('drain', enter);
      pumps.clear();
    },
  };
}

/*
 * All connections are written to in rounds. Reading and writing for many in a row costs half of what it costs for each
 * alone: what is run stays in the processor's caches, and the kernel wakes whoever reads once. Deltas of many models
 * come every millisecond; a round takes those of some milliseconds together, which nobody sees.
 */
interface Entry {
  /** As `performance.now()`. */
  frameEndsAt: number;
  flush(now: number): void;
}

const ROUND_MS = 4;
/** A connection that was quiet for so long is not kept waiting for the round: what comes now may be a first token. */
const QUIET_MS = 100;

const waiting = new Set<Entry>();
let lastRoundAt = Number.NEGATIVE_INFINITY;
let timer: NodeJS.Timeout | null = null;
let immediate: NodeJS.Immediate | null = null;

function enterRound(entry: Entry): void {
  waiting.add(entry);
  if (immediate) return;
  const now = performance.now();
  // Not before everything that has arrived by now was read: a piece of a provider's stream often brings several deltas.
  if (now - entry.frameEndsAt > QUIET_MS) immediate = setImmediate(holdRound);
  else timer ??= setTimeout(holdRound, lastRoundAt + ROUND_MS - now);
}

function holdRound(): void {
  if (timer) clearTimeout(timer);
  timer = null;
  immediate = null;
  lastRoundAt = performance.now();
  for (const entry of [...waiting]) {
    if (entry.frameEndsAt > lastRoundAt) continue;
    waiting.delete(entry);
    entry.flush(lastRoundAt);
  }
  if (waiting.size > 0) timer ??= setTimeout(holdRound, ROUND_MS);
}
