import { createRequire } from 'node:module';
import { defineConfig } from 'vitest/config';

const require = createRequire(import.meta.url);

export default defineConfig({
  resolve: {
    conditions: ['source'],
    // The very file that Node gives to the packages we test with: a second copy would be "another realm" to graphql.
    alias: [{ find: /^graphql$/, replacement: require.resolve('graphql') }],
  },
  test: {
    name: 'server',
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/setup/programs.ts', 'test/setup/databases.ts'],
    pool: 'forks',
    // One process runs file after file: to load the packages and to compile PGlite for each took as long as the tests.
    isolate: false,
    setupFiles: ['test/setup/fresh-file.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    // Where everything is tested, a machine may be busy with others' work: only what fails twice has failed. The report says
    // of each test how often it ran.
    retry: process.env.REQUIRE_ALL === '1' ? 1 : 0,
    // Only what the machine really has: with more, each waits for the others and the time-outs above lie.
    maxWorkers: '100%',
  },
});
