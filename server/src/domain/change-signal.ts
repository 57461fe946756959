/** Remembers that something changed, and wakes the one who waits for it. */
export function createChangeSignal() {
  let changed = false;
  let wake: (() => void) | null = null;
  return {
    notify() {
      changed = true;
      wake?.();
    },
    clear() {
      changed = false;
    },
    /** Resolves at the next change (at once if it was), or after `timeoutMs`; null: no time-out. */
    async wait(timeoutMs: number | null): Promise<void> {
      if (changed) return;
      const timer = { id: undefined as NodeJS.Timeout | undefined };
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (timeoutMs !== null) timer.id = setTimeout(resolve, timeoutMs);
      });
      clearTimeout(timer.id);
      wake = null;
    },
  };
}
