import './node-version.mjs';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ensureInstalled } from './install.mjs';
import { root, run } from './run.mjs';
import { seconds } from './step.mjs';

// The slow checks come first, since two run at a time.
const checks = [
  { name: 'types of the web', command: 'tsc -p web' },
  { name: 'types of the server and the examples', command: 'tsc -p server' },
  { name: 'generated files are fresh', command: 'node scripts/generate.mjs --check' },
  { name: 'boundaries', command: 'depcruise --config .dependency-cruiser.mjs --output-type err server web examples' },
  { name: 'types of the workspace', command: 'tsc -p .' },
  {
    name: 'lint and format',
    command: 'biome check --error-on-warnings --colors=off .',
    mend: 'npx biome check --write',
  },
  { name: 'texts', command: 'node scripts/checks/texts.mjs' },
  { name: 'names', command: 'node scripts/checks/names.mjs' },
  { name: 'sizes', command: 'node scripts/checks/sizes.mjs' },
  { name: 'commit subjects', command: 'node scripts/checks/commit-subjects.mjs' },
];
const concurrency = 2;

await ensureInstalled();
const failed = [];
const waiting = [...checks];
await Promise.all(Array.from({ length: concurrency }, runNext));
report();

async function runNext() {
  for (let check = waiting.shift(); check; check = waiting.shift()) {
    const result = await run(check.command, { env: { NODE_ENV: undefined } });
    const passed = result.code === 0;
    console.log(`  ${passed ? '✓' : '✗'} ${check.name}  ${seconds(result.seconds)}`);
    if (!passed) failed.push({ ...check, output: result.output.trim() });
  }
}

function report() {
  for (const { name, command, output, mend } of failed) {
    console.error(`\n✗ ${name}: ${command}\n${output}${mend ? `\nMend it with: ${mend}` : ''}`);
  }
  const passed = checks.length - failed.length;
  const names = failed.map((check) => check.name).join(', ');
  console.log(`\nChecks: ${passed} passed, ${failed.length} failed${names ? ` (${names})` : ''}`);
  if (process.env.REPORT_DIR) {
    mkdirSync(process.env.REPORT_DIR, { recursive: true });
    const file = path.join(root, process.env.REPORT_DIR, 'check.json');
    writeFileSync(file, JSON.stringify({ numPassedTests: passed, numFailedTests: failed.length }));
  }
  process.exitCode = failed.length === 0 ? 0 : 1;
}
