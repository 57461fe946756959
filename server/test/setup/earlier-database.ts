import { migrate } from '../../src/database/connection/migrate.ts';
import { type OpenDatabase, openDatabase } from '../../src/database/connection/open.ts';
import { migrations } from '../../src/database/migrations/index.ts';
import { openCopy, testLog } from './describe-databases.ts';

/** A new empty database with the schema before that migration. */
export async function openBefore(migration: string, kind: OpenDatabase['kind'] = 'pglite'): Promise<OpenDatabase> {
  const opened =
    kind === 'postgres'
      ? await openCopy('nothing')
      : await openDatabase({ databaseUrl: null, dataDir: '', log: testLog, memory: true });
  const all = { ...migrations };
  for (const later of Object.keys(all).filter((each) => each >= migration)) delete migrations[later];
  try {
    await migrate(opened.db, testLog);
  } finally {
    Object.assign(migrations, all);
  }
  return opened;
}
