/** How long the server may take from a ping to its next message, in milliseconds. */
const silenceMsMax = 5_000;
/** How long the server may take from the first try to its acknowledgement: its machine may have to wake up. */
const openingMsMax = 15_000;

/** Tells a live connection from one that died unclosed, because a laptop slept or the network changed. */
export interface Heartbeat {
  /** To be called when a connection is being made. */
  opening(): void;
  /** To be called when the connection is open; `ping` sends a ping over it. */
  opened(ping: () => void): void;
  /** To be called when a ping was sent. */
  asked(): void;
  /** To be called when anything arrived. */
  felt(): void;
  closed(): void;
}

/**
 * Calls `onSilence` when the other end owes a sign of life. Besides the client's own pings, one is sent as soon as the
 * browser wakes: that is when connections have died unnoticed.
 */
export function createHeartbeat(onSilence: () => void): Heartbeat {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopListening = () => {};

  function expectWithin(durationMs: number): void {
    timer ??= setTimeout(() => {
      timer = undefined;
      onSilence();
    }, durationMs);
  }

  function felt(): void {
    clearTimeout(timer);
    timer = undefined;
  }

  function closed(): void {
    felt();
    stopListening();
  }

  return {
    opening() {
      closed();
      expectWithin(openingMsMax);
    },
    opened(ping) {
      closed();
      stopListening = onWaking(() => {
        ping();
        expectWithin(silenceMsMax);
      });
    },
    asked: () => expectWithin(silenceMsMax),
    felt,
    closed,
  };
}

/** Calls the listener when the network is back or somebody looks at the page again. Returns a function that ends it. */
export function onWaking(listener: () => void): () => void {
  const looked = () => {
    if (document.visibilityState === 'visible') listener();
  };
  window.addEventListener('online', listener);
  document.addEventListener('visibilitychange', looked);
  return () => {
    window.removeEventListener('online', listener);
    document.removeEventListener('visibilitychange', looked);
  };
}
