/** Lets something happen often for a while, and seldom in the long run. */
export class Pace {
  readonly #burst: number;
  readonly #eachMs: number;
  /** When all that was counted so far would have had its time. */
  #fullAt = 0;

  /**
   * @param burst how often it may happen without a wait
   * @param eachMs how long each takes in the long run
   */
  constructor(burst: number, eachMs: number) {
    this.#burst = burst;
    this.#eachMs = eachMs;
  }

  /** Counts it once more, and tells how many milliseconds are to be waited before. */
  take(now = performance.now()): number {
    this.#fullAt = Math.max(now, this.#fullAt) + this.#eachMs;
    return Math.max(0, this.#fullAt - now - this.#burst * this.#eachMs);
  }
}
