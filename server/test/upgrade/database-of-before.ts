import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { btree_gin } from '@electric-sql/pglite/contrib/btree_gin';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import type { Kysely } from 'kysely';
import { migrate } from '../../src/database/connection/migrate.ts';
import { openDatabase } from '../../src/database/connection/open.ts';
import type { Database } from '../../src/database/database.ts';
import { testLog } from '../setup/describe-databases.ts';

/**
 * The SQL of a whole database, as the release before answers had parts wrote it. The database has answers in every
 * state, two of which are still being written.
 */
export const databaseOfBefore = readFileSync(join(import.meta.dirname, 'version-0009.sql'), 'utf8');

/** The member who owns the conversations in that database. */
export const memberOfBefore = { email: 'ben@example.org', password: 'a password of before' };

/** Makes a data folder with that database in it. */
export async function makeDataFolderOfBefore(dataDir: string): Promise<void> {
  const folder = join(dataDir, 'database');
  mkdirSync(folder, { recursive: true });
  const pglite = await PGlite.create({ dataDir: folder, extensions: { btree_gin, pg_trgm } });
  await pglite.exec(databaseOfBefore);
  await pglite.close();
}

/** Makes a data folder with an answer of a later release, which has a part of an unknown kind. */
export async function makeDataFolderOfLater(dataDir: string): Promise<void> {
  await makeDataFolderOfBefore(dataDir);
  const database = await openDatabase({ databaseUrl: null, dataDir, log: testLog });
  await database.withoutTimeLimit(() => migrate(database.db, testLog));
  await storePartToCome(database.db);
  await database.close();
}

/** Adds a part of an unknown kind to the answer "Version one.". */
export async function storePartToCome(db: Kysely<Database>): Promise<void> {
  const parts = [
    { kind: 'hologram', data: { of: 'a cat' } },
    { kind: 'text', start: 0 },
  ];
  await db
    .updateTable('response')
    .set({ parts: JSON.stringify(parts) })
    .where('text', '=', 'Version one.')
    .execute();
}
