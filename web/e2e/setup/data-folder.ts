import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { findOrMakePglite } from '../../../server/test/setup/databases.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A folder with a migrated and empty database, to be copied: making one takes seconds. */
    databaseFolder: string;
  }
}

/** Runs once before all test files. The server's tests begin with the same database. */
export default async function setup(project: TestProject): Promise<void> {
  project.provide('databaseFolder', join((await findOrMakePglite()).dataDir, 'database'));
}
