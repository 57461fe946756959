import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { build } from 'tsup';
import type { TestProject } from 'vitest/node';
import { bundling } from '../../bundling.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The folder with what tests start as processes of their own; see compiled() in process.ts. */
    programs: string;
  }
}

/** What tests start, and the threads that are looked for beside it; relative to the server's folder. */
const scripts = [
  'src/main.ts',
  'src/command/admin.ts',
  'src/command/providers-check.ts',
  'src/database/connection/embedded-database-worker.js',
  'src/http/json-thread-worker.js',
  'test/setup/busy-process.ts',
  'test/setup/hold-database.ts',
  'test/credits/killed-process.ts',
];

const server = join(import.meta.dirname, '../..');

/** Compiles them as `dist` is, once before all tests: a process that had to be compiled at its start would take three times as long. */
export default async function setup(project: TestProject): Promise<() => void> {
  // Where they find the packages that are left outside.
  const cache = join(server, 'node_modules/.cache/polylogue');
  mkdirSync(cache, { recursive: true });
  removeOld(cache);
  const folder = mkdtempSync(join(cache, 'programs-'));
  const fromHere = (file: string) => relative(process.cwd(), file);
  await build({
    ...bundling,
    entry: Object.fromEntries(
      scripts.map((script) => [basename(script).replace(/\.[jt]s$/, ''), fromHere(join(server, script))]),
    ),
    outDir: fromHere(folder),
    config: false,
  });
  project.provide('programs', folder);
  return () => rmSync(folder, { recursive: true, force: true });
}

/** What runs left that were killed; a day is longer than any run takes. */
function removeOld(folder: string): void {
  for (const path of readdirSync(folder).map((name) => join(folder, name))) {
    if (Date.now() - statSync(path).mtimeMs > 86_400_000) rmSync(path, { recursive: true, force: true });
  }
}
