let last: Promise<void> = Promise.resolve();

/** Resolves in a turn of the event loop of its own, so that pages that come together do not stop streams for all their time. */
export function ownTurn(): Promise<void> {
  last = last.then(() => new Promise((resolve) => setImmediate(resolve)));
  return last;
}
