import { setImmediate as nextTurn } from 'node:timers/promises';

const SLICE_MS = 5;

/** A slice of the event loop's time, for long work: whoever does it asks between two pieces whether others must go on. */
export class TimeSlice {
  #startedAt = performance.now();

  get isUsedUp(): boolean {
    return performance.now() - this.#startedAt >= SLICE_MS;
  }

  /** Resolves, with a new slice, once others went on. */
  async next(): Promise<void> {
    await nextTurn();
    this.#startedAt = performance.now();
  }
}

/** Does long work in slices of the event loop's time. It yields wherever others may go on, at least once a millisecond. */
export async function inSlices<T>(work: Generator<void, T>): Promise<T> {
  const slice = new TimeSlice();
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    if (slice.isUsedUp) await slice.next();
  }
}

/** Does work that yields without letting others go on: for programs that have nothing else to do. */
export function atOnce<T>(work: Generator<void, T>): T {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}
