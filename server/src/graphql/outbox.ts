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
  let scheduled = false;
  let timer: NodeJS.Timeout | undefined;
  let frameEndsAt = 0;
  let closed = false;

  function flush() {
    scheduled = false;
    if (closed) return;
    if (stream.writableLength > WAITING_BYTES_MAX) {
      scheduled = true;
      stream.once('drain', flush);
      return;
    }
    const due = [...pumps];
    pumps.clear();
    frame = [];
    for (const pump of due) pump();
    const messages = frame;
    frame = null;
    if (messages.length === 0) return;
    frameEndsAt = performance.now() + FRAME_MS;
    write(messages);
  }

  return {
    request(pump) {
      pumps.add(pump);
      if (scheduled || closed) return;
      scheduled = true;
      const waitMs = frameEndsAt - performance.now();
      if (waitMs <= 0) flushSoon(flush);
      else timer = setTimeout(flush, waitMs);
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
      clearTimeout(timer);
      stream.off('drain', flush);
      pumps.clear();
    },
  };
}

let due: (() => void)[] = [];

/**
 * After everything that has arrived by now was read, for all connections together: a piece of a provider's stream often
 * brings several deltas, and several models' pieces often come together.
 */
function flushSoon(flush: () => void): void {
  due.push(flush);
  if (due.length === 1) setImmediate(flushDue);
}

function flushDue(): void {
  const flushes = due;
  due = [];
  for (const flush of flushes) flush();
}
