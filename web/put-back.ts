import { afterAll, vi } from 'vitest';

// One process runs many files, so everything that a test left behind is put back.
afterAll(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
  // Some files run without a document.
  globalThis.document?.body.replaceChildren();
});
