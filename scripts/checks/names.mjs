import { readdirSync } from 'node:fs';
import path from 'node:path';
import { root } from '../run.mjs';

// A file or folder is named after what it is about. These names say nothing, and collect everything.
const meaningless = /^(utils?|helpers?|commons?|lib|libs|misc|shared)$/;
const skipped = new Set(['node_modules', 'dist', 'build', 'data', 'generated']);

const found = ['server', 'web', 'examples', 'scripts'].flatMap((folder) => badNamesUnder(folder));
for (const name of found) console.error(`${name}: name it after what it is about`);
process.exitCode = found.length === 0 ? 0 : 1;

function badNamesUnder(folder) {
  return readdirSync(path.join(root, folder), { withFileTypes: true })
    .filter((entry) => !entry.name.startsWith('.') && !skipped.has(entry.name))
    .flatMap((entry) => {
      const name = `${folder}/${entry.name}`;
      const bad = meaningless.test(entry.name.split('.')[0]) ? [name] : [];
      return entry.isDirectory() ? [...bad, ...badNamesUnder(name)] : bad;
    });
}
