import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { build } from 'tsup';
import type { TestProject } from 'vitest/node';
import { bundling } from '../../bundling.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The folder with the programs that tests start as processes; see compiled() in process.ts. */
    programs: string;
  }
}

/** The programs that tests start, and the threads that are loaded from beside them, relative to the server's folder. */
const scripts = [
  'src/main.ts',
  'src/command/admin.ts',
  'src/command/backup.ts',
  'src/command/providers-check.ts',
  'src/command/restore.ts',
  'src/database/connection/embedded-database-worker.js',
  'src/http/json-thread-worker.js',
  'src/reading/reading-process.ts',
  'src/reading/reading-watch.js',
  'src/reading/taking/taking-process.ts',
  'test/programs/embedded-apps.ts',
  'test/setup/busy-process.ts',
  'test/setup/hold-database.ts',
  'test/agents/edges/edge-victim.ts',
  'test/agents/killed-agents.ts',
  'test/credits/killed-process.ts',
  'test/files/killed-drawing.ts',
];

const server = join(import.meta.dirname, '../..');

/**
 * Compiles the programs like `dist`, once before all tests: compiling at its start would triple the time of a process.
 */
export default async function setup(project: TestProject): Promise<() => void> {
  // Packages that are not bundled are found from here.
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

/** Removes the folders of runs that were killed. No run takes longer than a day. */
function removeOld(folder: string): void {
  for (const path of readdirSync(folder).map((name) => join(folder, name))) {
    if (Date.now() - statSync(path).mtimeMs > 86_400_000) rmSync(path, { recursive: true, force: true });
  }
}
