import { afterAll, vi } from 'vitest';

// One process runs many files: what a test left behind must not reach the next.
afterAll(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
  // Some files run without a page.
  globalThis.document?.body.replaceChildren();
});
