import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { catalogues } from './catalogues/plugin.ts';

const serverRequire = createRequire(new URL('../server/package.json', import.meta.url));

export default defineConfig({
  test: {
    projects: [
      {
        plugins: [catalogues()],
        resolve: {
          alias: [
            // The server is imported from source, so that nothing has to be built for these tests.
            { find: '@polylogue/server', replacement: fileURLToPath(new URL('../server/src/app.ts', import.meta.url)) },
            // There is one copy, as in the server's tests: graphql would call a second one "another realm".
            { find: /^graphql$/, replacement: serverRequire.resolve('graphql') },
          ],
        },
        test: {
          name: 'web',
          include: ['app/**/*.test.{ts,tsx}', '*.test.ts'],
          environment: 'happy-dom',
          // Loading happy-dom and React anew for each file took ten times as long as the tests.
          isolate: false,
          setupFiles: ['put-back.ts'],
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['e2e/**/*.test.ts'],
          globalSetup: ['e2e/setup/data-folder.ts'],
          // A worker keeps its browser and its servers from file to file.
          isolate: false,
          environment: 'node',
          testTimeout: 60_000,
          hookTimeout: 120_000,
          // A page on a busy machine may need seconds for what it usually does at once; the default is one second.
          expect: { poll: { timeout: 20_000 } },
          // As for the server: where everything is tested, only what fails twice has failed.
          retry: process.env.REQUIRE_ALL === '1' ? 1 : 0,
          // Each worker has a browser, and waits for answers as much as it draws.
          maxWorkers: 2,
        },
      },
    ],
  },
});
