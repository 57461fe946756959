import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { root } from './run.mjs';

// Folders of generated files, and folders that no build reads.
const skipped = new Set(['node_modules', 'dist', 'build', 'data', 'test', 'e2e', 'test-results']);

/**
 * A hash of the names and contents of files and folders (paths relative to the checkout), of the given words, and of
 * the machine they are for. Contents count, not times: a clone, a copy and a branch switched back and forth stay fresh.
 */
export function fingerprint(paths, words = []) {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([process.platform, process.arch, ...words]));
  for (const name of paths.flatMap((entry) => filesUnder(entry))) {
    hash.update(`\0${name}\0`).update(readFileSync(path.join(root, name)));
  }
  return hash.digest('hex');
}

function filesUnder(name) {
  const entry = statSync(path.join(root, name), { throwIfNoEntry: false });
  if (!entry) return [];
  if (!entry.isDirectory()) return [name];
  return readdirSync(path.join(root, name))
    .filter((child) => !child.startsWith('.') && !skipped.has(child))
    .sort()
    .flatMap((child) => filesUnder(`${name}/${child}`));
}
