import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startServer } from './server.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A data folder as a first start leaves it, to be copied: to make an embedded database takes seconds. */
    dataFolder: string;
  }
}

/** Runs once before all test files; what it returns runs after them. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'polylogue-first-'));
  const { stop } = await startServer(folder, { MOCK_PROVIDER: 'on' });
  await stop();
  project.provide('dataFolder', folder);
  return () => rm(folder, { recursive: true, force: true });
}
