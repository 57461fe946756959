import { afterAll, vi } from 'vitest';

/*
 * One process runs file after file, with the packages and the database that it has loaded and compiled. Of our own
 * modules each file gets new ones: they keep times, such as that of the last round of writing, and a file that sets the
 * clock forward would leave the next one waiting for it.
 */
vi.resetModules();

/** What a test that failed left behind. */
afterAll(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});
