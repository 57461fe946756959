import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fingerprint } from './fingerprint.mjs';
import { withLock } from './lock.mjs';
import { root } from './run.mjs';
import { step } from './step.mjs';

// The stamp lies in the output folder, so that deleting the output deletes the stamp too.
const parts = [
  { name: 'server', output: 'server/dist', entry: 'server/dist/app.js' },
  { name: 'web', output: 'web/dist', entry: 'web/dist/server.js' },
];

/** Builds the parts that are not built from the present sources; otherwise it takes some milliseconds. */
export async function ensureBuilt({ always = false, only } = {}) {
  const stale = () => parts.filter(({ name }) => !only || name === only).filter((part) => always || !isFresh(part));
  if (stale().length === 0) return;
  await withLock(async () => {
    for (const part of stale()) {
      const built = sourcesOf(part);
      rmSync(stampOf(part), { force: true });
      await step(`Building the ${part.name}`, buildCommandOf(part), {
        directory: part.name,
        env: { NODE_ENV: 'production' },
      });
      writeFileSync(stampOf(part), built);
    }
  });
}

function isFresh(part) {
  const stamp = stampOf(part);
  return (
    existsSync(path.join(root, part.entry)) && existsSync(stamp) && readFileSync(stamp, 'utf8') === sourcesOf(part)
  );
}

function stampOf(part) {
  return path.join(root, part.output, '.built-from');
}

function sourcesOf(part) {
  return fingerprint([part.name, 'pnpm-lock.yaml', 'tsconfig.json']);
}

/** The package's own build script, run here without a package manager. */
function buildCommandOf(part) {
  return JSON.parse(readFileSync(path.join(root, part.name, 'package.json'), 'utf8')).scripts.build;
}
