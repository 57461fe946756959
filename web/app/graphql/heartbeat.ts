/** From a ping to whatever the server says next, in milliseconds. */
const silenceMsMax = 5_000;
/** From the first try to the server's word that it listens: its machine may have to wake up. */
const openingMsMax = 15_000;

/** Tells a connection that lives from one that nobody closed: a laptop that slept, a network that was changed. */
export interface Heartbeat {
  /** A connection is being made. */
  opening(): void;
  /** It stands, and `ping` sends one over it. */
  opened(ping: () => void): void;
  /** A ping went out. */
  asked(): void;
  /** Anything arrived. */
  felt(): void;
  closed(): void;
}

/**
 * `onSilence` is called when the other end owes a sign of life. An answer is asked for, besides by the pings that the
 * client sends by itself, as soon as the browser wakes: that is when connections have died unnoticed.
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

/** Calls the listener when the network is back or somebody looks at the page again. Returns what ends that. */
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
