import { pino } from 'pino';
import type { Config } from '../config/settings.ts';
import { DataFolderInUseError } from '../database/connection/data-folder-lock.ts';
import { askForCopy } from '../database/connection/folder-copies.ts';
import { type OpenDatabase, openDatabase } from '../database/connection/open.ts';

/**
 * Opens the database of the configuration as it is; if the server has the embedded one, a copy that the server makes.
 * Rejects with DatabaseMissingError, DatabaseUnavailableError or DataFolderInUseError.
 *
 * @param patienceMs how long Postgres may take to answer
 */
export async function openForReading(
  config: Pick<Config, 'databaseUrl' | 'dataDir'>,
  { patienceMs }: { patienceMs?: number } = {},
): Promise<{ database: OpenDatabase; close(): Promise<void> }> {
  const log = pino({ level: 'silent' });
  const open = async ({ databaseUrl, dataDir }: Pick<Config, 'databaseUrl' | 'dataDir'>) => {
    const database = await openDatabase({ databaseUrl, dataDir, mustExist: true, patienceMs, log });
    return { database, close: () => database.close() };
  };
  try {
    return await open(config);
  } catch (error) {
    if (!(error instanceof DataFolderInUseError)) throw error;
    const copy = await askForCopy(config.dataDir);
    if (!copy) throw error;
    const { database, close } = await open({ databaseUrl: null, dataDir: copy.dataDir }).catch((failure) => {
      copy.release();
      throw failure;
    });
    return { database, close: () => close().finally(copy.release) };
  }
}
