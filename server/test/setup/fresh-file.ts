import { afterAll, vi } from 'vitest';

/*
 * One process runs file after file, and keeps the packages and the database that it has loaded and compiled. Each file
 * gets new instances of the project's own modules: they keep times, such as that of the last round of writing, and a
 * file that sets the clock forward would leave the next file waiting for it.
 */
vi.resetModules();

/** Removes what a failed test left behind. */
afterAll(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});
