import { afterAll, vi } from 'vitest';

// One process runs many files: the mocks and elements that one left behind must not reach the next.
afterAll(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
  // Some files run without a document.
  globalThis.document?.body.replaceChildren();
});
