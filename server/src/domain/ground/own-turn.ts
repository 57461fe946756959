let last: Promise<void> = Promise.resolve();

/**
 * Resolves in a turn of the event loop of its own: what takes long and comes together (large bodies to parse, large answers
 * to write) would stop every stream for the time that all of it takes.
 */
export function ownTurn(): Promise<void> {
  last = last.then(() => new Promise((resolve) => setImmediate(resolve)));
  return last;
}
