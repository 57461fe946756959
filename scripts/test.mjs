import './node-version.mjs';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { ensureInstalled } from './install.mjs';
import { ensureBuilt } from './outputs.mjs';
import { quote, run } from './run.mjs';

// `npm test` runs everything the machine can run; `npm test -- server/test/credits.test.ts` only that file. Arguments
// go to vitest. With REQUIRE_ALL=1 (or CI=true) a missing database or browser is a failure, not an omission.
const requested = process.argv.slice(2);
const everything = process.env.REQUIRE_ALL === '1' || process.env.CI === 'true';

// The server's tests look for Postgres themselves, and heed REQUIRE_ALL.
const chromium = findChromium();
if (everything && !chromium) {
  console.error('Everything must be tested (REQUIRE_ALL or CI), but this machine has no Chromium or Chrome.');
  process.exit(1);
}

await ensureInstalled();
const files = requested.filter((argument) => argument.includes('/') || argument.includes('.test'));
const needsBrowser = files.length === 0 || files.some((file) => file.includes('e2e'));
if (chromium && needsBrowser) await ensureBuilt();
if (!chromium) console.log('  Left out: the browser tests (no Chromium or Chrome found).');

const options = [
  ...(chromium ? [] : ['--project=!e2e']),
  ...(process.env.REPORT_DIR
    ? ['--reporter=default', '--reporter=json', `--outputFile.json=${process.env.REPORT_DIR}/test.json`]
    : []),
];
const { code } = await run(['vitest', 'run', ...options, ...requested].map(quote).join(' '), {
  env: {
    NODE_ENV: undefined,
    TEST_CHROMIUM: chromium,
    REQUIRE_ALL: everything ? '1' : undefined,
  },
  output: 'show',
});
process.exit(code);

function findChromium() {
  const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
  const candidates = [
    ...(process.env.TEST_CHROMIUM ? [process.env.TEST_CHROMIUM] : []),
    ...names.flatMap((name) => pathFolders().map((folder) => path.join(folder, name))),
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ];
  return candidates.find((file) => existsSync(file));
}

function pathFolders() {
  return (process.env.PATH ?? '').split(path.delimiter).filter(Boolean);
}
