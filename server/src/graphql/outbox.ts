/**
 * What goes out on one connection: everything that is new for all of its subscriptions, in one write per frame. The
 * first news after a quiet frame go at once. A connection that does not take what was written gets nothing more until
 * it does, and what it misses meanwhile waits where it is kept anyway: in the responses' texts.
 */
export interface Outbox {
  /** Has `pump` called soon: at once, or with the next frame. Synchronous and often. */
  request(pump: () => void): void;
  /** Whether the connection takes more. */
  readonly open: boolean;
  close(): void;
}

export interface Sink {
  cork(): void;
  uncork(): void;
  readonly writableLength: number;
  once(event: 'drain', listener: () => void): unknown;
  off(event: 'drain', listener: () => void): unknown;
}

const FRAME_MS = 16;
/** Bytes that a connection may have waiting; a few frames of many fast models. */
const WAITING_BYTES_MAX = 64 * 1024;

export function createOutbox(sink: Sink): Outbox {
  const pumps = new Set<() => void>();
  let scheduled = false;
  let timer: NodeJS.Timeout | undefined;
  let frameEndsAt = 0;
  let closed = false;

  function flush() {
    scheduled = false;
    if (closed) return;
    if (sink.writableLength > WAITING_BYTES_MAX) {
      scheduled = true;
      sink.once('drain', flush);
      return;
    }
    frameEndsAt = performance.now() + FRAME_MS;
    const due = [...pumps];
    pumps.clear();
    sink.cork();
    for (const pump of due) pump();
    sink.uncork();
  }

  return {
    request(pump) {
      pumps.add(pump);
      if (scheduled || closed) return;
      scheduled = true;
      const waitMs = frameEndsAt - performance.now();
      // After this tick: a chunk of a provider's stream often brings several deltas.
      if (waitMs <= 0) queueMicrotask(flush);
      else timer = setTimeout(flush, waitMs);
    },
    get open() {
      return !closed && sink.writableLength <= WAITING_BYTES_MAX;
    },
    close() {
      closed = true;
      clearTimeout(timer);
      sink.off('drain', flush);
      pumps.clear();
    },
  };
}
