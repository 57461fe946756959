import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { Database } from '../../database/database.ts';
import {
  deleteUnreferredFiles,
  deleteUnusedContents,
  endClaims,
  findRemovals,
  lockExpiredFiles,
  setRemoved,
  takeOverdueContents,
} from '../../database/files/cleaning.ts';
import type { ContentStore } from '../../database/files/file-tables.ts';
import type { FileContents } from './contents.ts';
import { hashesOf } from './kept-file.ts';
import type { TemporaryFiles } from './temporary-files.ts';

/**
 * Deletes files that nothing refers to, what was in them, and what uploads left that broke off. Every process does, in small
 * steps, and one goes on where another died.
 */
export interface FileCleaner {
  /** Looks now; it also looks every minute. Resolves when all that could be deleted is, and never rejects. */
  sweep(): Promise<void>;
  /** Has the cleaner look soon. */
  wake(): void;
  /** Lets go of contents that an upload was to have. */
  forget(hashes: readonly string[]): Promise<void>;
  /** Resolves when a step that is under way is done. */
  close(): Promise<void>;
}

export interface FileCleanerOptions {
  db: Kysely<Database>;
  contents: Pick<FileContents, 'remove'>;
  temporary: TemporaryFiles;
  log: Logger;
}

const INTERVAL_MS = 60_000;
/** So few that a step takes no more than a moment, in which others wait for the embedded database. */
const AT_ONCE = 50;
/** Contents that are removed at once from their store, which may be slow. */
const REMOVED_AT_ONCE = 8;

export function createFileCleaner({ db, contents, temporary, log }: FileCleanerOptions): FileCleaner {
  let closed = false;
  let woken = false;
  let sweeping: Promise<void> | null = null;
  /** The key behind which the removals of a store go on; null: at the first. */
  const removedUpTo: Record<ContentStore, string | null> = { DATABASE: null, BUCKET: null };
  const timer = setInterval(wake, INTERVAL_MS).unref();

  function sweep(): Promise<void> {
    woken = true;
    if (closed) return Promise.resolve();
    sweeping ??= sweepWhileWoken().finally(() => {
      sweeping = null;
    });
    return sweeping;
  }

  function wake() {
    void sweep();
  }

  async function sweepWhileWoken() {
    while (woken && !closed) {
      woken = false;
      await attempt('Files that nothing refers to could not be deleted', () => whileMore(deleteExpired));
      await attempt('What broken uploads left could not be deleted', () => whileMore(deleteOverdue));
      for (const store of ['DATABASE', 'BUCKET'] as const) {
        await attempt('The bytes of deleted files could not be removed', () => removeBytes(store));
      }
    }
  }

  /** What is wrong with one kind of thing must not keep the others. */
  async function attempt(failure: string, work: () => Promise<void>) {
    if (closed) return;
    await work().catch((err) => log.warn({ err }, `${failure}; the next try is in a minute.`));
  }

  async function whileMore(step: () => Promise<number>) {
    while (!closed && (await step()) === AT_ONCE);
  }

  function deleteExpired(): Promise<number> {
    return db.transaction().execute(async (trx) => {
      const ids = await lockExpiredFiles(trx, AT_ONCE);
      if (ids.length === 0) return 0;
      const deleted = await deleteUnreferredFiles(trx, ids);
      const hashes = [...new Set(deleted.flatMap(hashesOf))];
      if (hashes.length > 0) await deleteUnusedContents(trx, hashes);
      return ids.length;
    });
  }

  function deleteOverdue(): Promise<number> {
    return db.transaction().execute(async (trx) => {
      const hashes = await takeOverdueContents(trx, AT_ONCE);
      if (hashes.length > 0) await deleteUnusedContents(trx, hashes);
      return hashes.length;
    });
  }

  /** Where nothing can be removed, the next sweep goes on behind that: what never can keeps nothing else. */
  async function removeBytes(store: ContentStore) {
    let left = 0;
    let keys: string[];
    do {
      keys = await findRemovals(db, { store, after: removedUpTo[store], limit: REMOVED_AT_ONCE });
      removedUpTo[store] = keys.length < REMOVED_AT_ONCE ? null : (keys.at(-1) ?? null);
      if (keys.length === 0) break;
      const failed = new Set(await contents.remove(store, keys));
      left += failed.size;
      const removed = keys.filter((key) => !failed.has(key));
      await setRemoved(db, removed);
    } while (keys.length === REMOVED_AT_ONCE && !closed);
    if (left > 0) throw new Error(`The store removes ${left} contents not yet.`);
  }

  void attempt('Temporary files of a killed process could not be removed', () => temporary.removeAbandoned());
  wake();
  return {
    sweep,
    wake,
    async forget(hashes) {
      // If the database is away too, the claims end by themselves.
      await attempt('What a broken upload left could not be let go', () => endClaims(db, hashes));
      wake();
    },
    async close() {
      closed = true;
      clearInterval(timer);
      await sweeping;
    },
  };
}
