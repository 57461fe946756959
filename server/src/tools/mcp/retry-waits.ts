const RETRY_MS_MAX = 60_000;
/** Times the first wait: a session that lasted so long shows that its server is well. */
const STEADY_WAITS = 60;

/** How long is waited before a server is asked again: twice as long each time, until a session has lasted. */
export class RetryWaits {
  readonly #firstMs: number;
  #failures = 0;

  constructor(firstMs: number) {
    this.#firstMs = firstMs;
  }

  /** @param lastedMs how long the session lasted that has ended; null: there was none */
  next(lastedMs: number | null): number {
    const isSteady = lastedMs !== null && lastedMs >= STEADY_WAITS * this.#firstMs;
    this.#failures = isSteady ? 0 : this.#failures + 1;
    return Math.min(RETRY_MS_MAX, this.#firstMs * 2 ** Math.min(this.#failures, 16));
  }
}
