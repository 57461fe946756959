import { randomUUID } from 'node:crypto';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, beforeAll, describe, inject } from 'vitest';
import { type OpenDatabase, openDatabase } from '../../src/database/connection/open.ts';
import { dropDatabase, execute, withDatabase } from './databases.ts';

export interface TestDatabase extends OpenDatabase {
  /** The address for further processes or connections. Null: PGlite, which takes only one. */
  url: string | null;
}

/** Shows errors only, by default. */
export const testLog = pino({ level: process.env.TEST_LOG_LEVEL ?? 'error' }, pino.destination(2));

/**
 * Runs the suite on PGlite, and on Postgres if the machine has one. `database()`, within tests and hooks, is the
 * suite's own database: migrated, empty, and deleted after the suite.
 */
export function describeDatabases(name: string, suite: (database: () => TestDatabase) => void): void {
  const kinds = inject('databases').postgres ? (['pglite', 'postgres'] as const) : (['pglite'] as const);
  describe.each(kinds)(`${name} (%s)`, (kind) => {
    let database: TestDatabase | undefined;
    beforeAll(async () => {
      database = await openTestDatabase(kind);
    });
    afterAll(() => database?.close());
    suite(() => {
      if (!database) throw new Error('database() is for tests and hooks');
      return database;
    });
  });
}

/** A new migrated and empty database; closing it deletes it. */
export function openTestDatabase(kind: 'pglite' | 'postgres'): Promise<TestDatabase> {
  return kind === 'pglite' ? openSnapshot() : openCopy('template');
}

async function openSnapshot(): Promise<TestDatabase> {
  inProcess.pgliteSnapshot ??= readShared(inject('databases').pglite.snapshot);
  const memory = inProcess.pgliteSnapshot;
  // The database is in memory, so giving up a statement on a busy machine would lose the whole database.
  const patience = { statementSecondsMax: 120 };
  return { ...(await openDatabase({ databaseUrl: null, dataDir: '', log: testLog, memory, ...patience })), url: null };
}

/** Kept globally, as each test file has its own instance of this module. */
const inProcess = globalThis as { pgliteSnapshot?: Uint8Array<SharedArrayBuffer> };

function readShared(file: string): Uint8Array<SharedArrayBuffer> {
  const bytes = readFileSync(file);
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return shared;
}

/** Makes a data folder with a migrated and empty PGlite, as a server leaves one. */
export function makeDataFolder(dataDir: string): void {
  cpSync(join(inject('databases').pglite.dataDir, 'database'), join(dataDir, 'database'), { recursive: true });
}

/** A new database on Postgres, made from the migrated template or from nothing. */
export async function openCopy(from: 'template' | 'nothing'): Promise<TestDatabase & { url: string }> {
  const { postgres } = inject('databases');
  if (!postgres) throw new Error('this machine has no Postgres');
  const name = `polylogue_test_${randomUUID().replaceAll('-', '')}`;
  await execute(postgres.url, `create database ${name}${from === 'template' ? ` template ${postgres.template}` : ''}`);
  const url = withDatabase(postgres.url, name);
  const database = await openDatabase({ databaseUrl: url, dataDir: '', log: testLog });
  return {
    ...database,
    url,
    async close() {
      await database.close();
      await dropDatabase(postgres.url, name);
    },
  };
}
