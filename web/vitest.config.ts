import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        // From source, so that nothing has to be built for these tests.
        resolve: { alias: { '@polylogue/server': fileURLToPath(new URL('../server/src/app.ts', import.meta.url)) } },
        test: { name: 'web', include: ['app/**/*.test.{ts,tsx}', '*.test.ts'], environment: 'happy-dom' },
      },
      {
        test: {
          name: 'e2e',
          include: ['e2e/**/*.test.ts'],
          globalSetup: ['e2e/first-start.ts'],
          environment: 'node',
          testTimeout: 60_000,
          hookTimeout: 120_000,
          // A browser each: they wait for answers as much as they draw.
          maxWorkers: 2,
        },
      },
    ],
  },
});
