import { vi } from 'vitest';

/** Runs the check again until it throws nothing, with patience for a busy machine. */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 20_000 });
}
