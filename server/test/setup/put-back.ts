import { afterAll, vi } from 'vitest';

// One process runs many files: what a failed test left behind must not reach the next.
afterAll(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  vi.unstubAllEnvs();
});
