/** Remembers that something changed, and wakes its one waiter. */
export class ChangeSignal {
  #changed = false;
  #wake: (() => void) | null = null;

  notify(): void {
    this.#changed = true;
    this.#wake?.();
  }

  clear(): void {
    this.#changed = false;
  }

  /** Resolves at the next change (at once if there was one since `clear`), or after `timeoutMs`; null: no time-out. */
  async wait(timeoutMs: number | null): Promise<void> {
    if (this.#changed) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (timeoutMs !== null) timer = setTimeout(resolve, timeoutMs);
    });
    clearTimeout(timer);
    this.#wake = null;
  }
}
