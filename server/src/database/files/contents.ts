import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import type { Database } from '../database.ts';
import type { ContentStore } from './file-tables.ts';

export type ContentRow = Omit<Selectable<Database['file_content']>, 'claimed_until'>;

/** A content that an upload is to have. */
export interface ContentClaim {
  hash: string;
  /** What its store is to call it, and which store that is, if it is not known yet. */
  key: string;
  store: ContentStore;
  bytes: number;
}

/** How long an upload may count on a content before its file refers to it. */
const CLAIM = sql`interval '1 hour'`;

/** Has these contents stay for an hour, as they are by now or as rows without bytes. In no order. */
export async function claimContents(db: Kysely<Database>, claims: readonly ContentClaim[]): Promise<ContentRow[]> {
  // Rows are always locked in the same order, so that two uploads of the same files cannot wait for each other.
  const ordered = [...claims].sort((a, b) => (a.hash < b.hash ? -1 : 1));
  return db
    .insertInto('file_content')
    .values(ordered.map((claim) => ({ ...claim, claimed_until: sql<Date>`clock_timestamp() + ${CLAIM}` })))
    .onConflict((conflict) =>
      conflict.column('hash').doUpdateSet({ claimed_until: sql<Date>`clock_timestamp() + ${CLAIM}` }),
    )
    .returning(['hash', 'key', 'store', 'bytes', 'stored'])
    .execute();
}

/** Notes that the store has all bytes of these contents, by their keys. */
export async function setContentsStored(db: Kysely<Database>, keys: readonly string[]): Promise<void> {
  await db.updateTable('file_content').set({ stored: true }).where('key', 'in', keys).execute();
}

/**
 * Ends the claims of an upload whose file refers to the contents from this transaction on.
 *
 * @returns how many of them are there, with all of their bytes
 */
export async function takeContents(trx: Transaction<Database>, hashes: readonly string[]): Promise<number> {
  await trx
    .selectFrom('file_content')
    .select('hash')
    .where('hash', 'in', hashes)
    .orderBy('hash')
    .forNoKeyUpdate()
    .execute();
  const { numUpdatedRows } = await trx
    .updateTable('file_content')
    .set({ claimed_until: null })
    .where('hash', 'in', hashes)
    .where('stored', '=', true)
    .executeTakeFirstOrThrow();
  return Number(numUpdatedRows);
}

export async function findContents(db: Kysely<Database>, hashes: readonly string[]): Promise<ContentRow[]> {
  return db
    .selectFrom('file_content')
    .select(['hash', 'key', 'store', 'bytes', 'stored'])
    .where('hash', 'in', hashes)
    .execute();
}
