import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { btree_gin } from '@electric-sql/pglite/contrib/btree_gin';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';

/**
 * What the release before answers had parts left: the SQL of a whole database, as its server wrote it. Answers in every state are in
 * it, two of them still being written.
 */
export const databaseOfBefore = readFileSync(join(import.meta.dirname, 'version-0009.sql'), 'utf8');

/** Who has the conversations in it. */
export const memberOfBefore = { email: 'ben@example.org', password: 'a password of before' };

/** Makes a data folder with that database in it. */
export async function makeDataFolderOfBefore(dataDir: string): Promise<void> {
  const folder = join(dataDir, 'database');
  mkdirSync(folder, { recursive: true });
  const pglite = await PGlite.create({ dataDir: folder, extensions: { btree_gin, pg_trgm } });
  await pglite.exec(databaseOfBefore);
  await pglite.close();
}
