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
