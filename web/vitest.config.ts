import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: { name: 'web', include: ['app/**/*.test.{ts,tsx}', '*.test.ts'], environment: 'happy-dom' },
      },
      {
        test: {
          name: 'e2e',
          include: ['e2e/**/*.test.ts'],
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
