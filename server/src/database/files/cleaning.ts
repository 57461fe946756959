import { type ExpressionBuilder, type Kysely, type RawBuilder, sql, type Transaction } from 'kysely';
import type { Database } from '../database.ts';
import type { ContentStore } from './file-tables.ts';

/** Whether something refers to the file: each table that does has a line here, and triggers as migration 0046 makes them. */
const isReferred = sql<boolean>`(
  exists (select from turn_file where turn_file.file_id = file.id)
  or exists (select from response_file where response_file.file_id = file.id)
  or exists (select from prompt_set_file where prompt_set_file.file_id = file.id)
  or exists (select from evaluation_file where evaluation_file.file_id = file.id)
)`;

/** What a file had in it. */
export interface FileHashes {
  content_hash: string;
  text_hash: string | null;
  thumbnail_hash: string | null;
}

/** Locks some files whose time is up, without waiting for others that are locked. Nothing comes to refer to them until the transaction ends. */
export async function lockExpiredFiles(trx: Transaction<Database>, limit: number): Promise<string[]> {
  const rows = await trx
    .selectFrom('file')
    .select('id')
    .where('expires_at', '<=', sql<Date>`clock_timestamp()`)
    .orderBy('expires_at')
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .execute();
  return rows.map(({ id }) => id);
}

/** Locks those of the user's files that are there, in the order of their ids. */
export async function lockFiles(trx: Transaction<Database>, userId: string, ids: readonly string[]): Promise<string[]> {
  const rows = await trx
    .selectFrom('file')
    .select('id')
    .where('user_id', '=', userId)
    .where('id', 'in', ids)
    .orderBy('id')
    .forUpdate()
    .execute();
  return rows.map(({ id }) => id);
}

/** Locks the user's file. @returns false if there is none */
export async function lockFile(trx: Transaction<Database>, userId: string, id: string): Promise<boolean> {
  const row = await trx
    .selectFrom('file')
    .select('id')
    .where('user_id', '=', userId)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  return row !== undefined;
}

/** Deletes those of these locked files that nothing refers to, and has the others stay. @returns what the deleted had in them */
export async function deleteUnreferredFiles(trx: Transaction<Database>, ids: readonly string[]): Promise<FileHashes[]> {
  const deleted = await trx
    .deleteFrom('file')
    .where('id', 'in', ids)
    .where(sql<boolean>`not ${isReferred}`)
    .returning(['id', 'content_hash', 'text_hash', 'thumbnail_hash'])
    .execute();
  const gone = new Set(deleted.map(({ id }) => id));
  const kept = ids.filter((id) => !gone.has(id));
  if (kept.length > 0) await trx.updateTable('file').set({ expires_at: null }).where('id', 'in', kept).execute();
  return deleted;
}

/** Has all files of the user expire at once that nothing refers to. */
export async function expireFiles(db: Kysely<Database>, userId: string): Promise<void> {
  await db
    .updateTable('file')
    .set({ expires_at: sql<Date>`clock_timestamp()` })
    .where('user_id', '=', userId)
    .where('expires_at', '>', sql<Date>`clock_timestamp()`)
    .execute();
}

/** Whether a file has the content. */
const isContentOfFile = sql<boolean>`(
  exists (select from file where file.content_hash = file_content.hash)
  or exists (select from file where file.text_hash = file_content.hash)
  or exists (select from file where file.thumbnail_hash = file_content.hash)
)`;

/**
 * Deletes those of these contents that no file has and no upload counts on, and notes that their bytes are to go.
 *
 * @returns how many there were
 */
export async function deleteUnusedContents(trx: Transaction<Database>, hashes: readonly string[]): Promise<number> {
  // The lock waits for a file that is being inserted, and the statement after it sees that file.
  await trx.selectFrom('file_content').select('hash').where('hash', 'in', hashes).orderBy('hash').forUpdate().execute();
  const removals = await trx
    .deleteFrom('file_content')
    .where('hash', 'in', hashes)
    .where((eb) => eb.or([eb('claimed_until', 'is', null), claimIsOver(eb)]))
    .where(sql<boolean>`not ${isContentOfFile}`)
    .returning(['key', 'store'])
    .execute();
  if (removals.length > 0) await trx.insertInto('file_removal').values(removals).execute();
  return removals.length;
}

function claimIsOver(eb: ExpressionBuilder<Database, 'file_content'>) {
  return eb('claimed_until', '<=', sql<Date>`clock_timestamp()`);
}

/** Locks some contents whose uploads have not been heard of for long, and ends their claims. */
export async function takeOverdueContents(trx: Transaction<Database>, limit: number): Promise<string[]> {
  const rows = await trx
    .selectFrom('file_content')
    .select('hash')
    .where(claimIsOver)
    .orderBy('claimed_until')
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .execute();
  const hashes = rows.map(({ hash }) => hash);
  if (hashes.length > 0) {
    await trx.updateTable('file_content').set({ claimed_until: null }).where('hash', 'in', hashes).execute();
  }
  return hashes;
}

/** Ends the claims of an upload that comes to nothing; another upload of the same begins anew. */
export async function endClaims(db: Kysely<Database>, hashes: readonly string[]): Promise<void> {
  await db
    .updateTable('file_content')
    .set({ claimed_until: sql<Date>`clock_timestamp()` })
    .where('hash', 'in', hashes)
    .where('claimed_until', 'is not', null)
    .execute();
}

export interface RemovalRow {
  key: string;
  store: ContentStore;
}

/** Bytes that are to be removed, for the first time or once more. */
export async function findRemovals(
  db: Kysely<Database>,
  { store, after, limit }: { store: ContentStore; after: string | null; limit: number },
): Promise<string[]> {
  const rows = await db
    .selectFrom('file_removal')
    .select('key')
    .where('store', '=', store)
    .where((eb) => eb.or([eb('removed_at', 'is', null), eb('since', '<', ago(LATE_WRITES))]))
    .$if(after !== null, (select) => select.where('key', '>', after as string))
    .orderBy('key')
    .limit(limit)
    .execute();
  return rows.map(({ key }) => key);
}

/** Notes that the store has none of these bytes; once nobody can write them any more, nothing is left to be noted. */
export async function setRemoved(db: Kysely<Database>, keys: readonly string[]): Promise<void> {
  await db.deleteFrom('file_removal').where('key', 'in', keys).where('since', '<', ago(LATE_WRITES)).execute();
  await db
    .updateTable('file_removal')
    .set({ removed_at: sql<Date>`clock_timestamp()` })
    .where('key', 'in', keys)
    .execute();
}

/** For longer than this no upload writes. */
const LATE_WRITES = sql`interval '2 hours'`;

function ago(interval: RawBuilder<unknown>) {
  return sql<Date>`clock_timestamp() - ${interval}`;
}
