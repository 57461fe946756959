import { randomUUID } from 'node:crypto';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, beforeAll, describe, inject } from 'vitest';
import { type OpenDatabase, openDatabase } from '../../src/database/connection/open.ts';
import { dropDatabase, execute, withDatabase } from './databases.ts';

export interface TestDatabase extends OpenDatabase {
  /** For further processes or connections; null: PGlite, which takes one. */
  url: string | null;
}

/** What goes wrong is seen, the rest is not. */
export const testLog = pino({ level: process.env.TEST_LOG_LEVEL ?? 'error' }, pino.destination(2));

/**
 * One suite for every database: PGlite, and Postgres where the machine has one. `database()`, within tests and hooks,
 * is the suite's own: migrated, empty, closed and gone after it.
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

/** A migrated and empty database of its own; closing it deletes it. */
export function openTestDatabase(kind: 'pglite' | 'postgres'): Promise<TestDatabase> {
  return kind === 'pglite' ? openSnapshot() : openCopy('template');
}

async function openSnapshot(): Promise<TestDatabase> {
  inProcess.pgliteSnapshot ??= readShared(inject('databases').pglite.snapshot);
  const memory = inProcess.pgliteSnapshot;
  // It is in memory: a statement that is given up, as a busy machine is slow, would take the database with it.
  const patience = { statementSecondsMax: 120 };
  return { ...(await openDatabase({ databaseUrl: null, dataDir: '', log: testLog, memory, ...patience })), url: null };
}

/** Kept here, and not in this module, of which each test file has one of its own. */
const inProcess = globalThis as { pgliteSnapshot?: Uint8Array<SharedArrayBuffer> };

function readShared(file: string): Uint8Array<SharedArrayBuffer> {
  const bytes = readFileSync(file);
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return shared;
}

/** Makes a data folder with a migrated and empty PGlite in it, as a server leaves one. */
export function makeDataFolder(dataDir: string): void {
  cpSync(join(inject('databases').pglite.dataDir, 'database'), join(dataDir, 'database'), { recursive: true });
}

/** On Postgres, `from` the migrated template, or from nothing. */
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
