import { type Kysely, sql } from 'kysely';
import type { Database } from '../database.ts';

/** How many bytes each chunk of a content has, but for its last. */
export const CHUNK_BYTES = 256 * 1024;

/** A chunk that is there already stays: the bytes of a key never change. */
export async function insertChunk(
  db: Kysely<Database>,
  chunk: { key: string; seq: number; data: Buffer },
): Promise<void> {
  await db
    .insertInto('file_chunk')
    .values(chunk)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function findChunk(
  db: Kysely<Database>,
  { key, seq }: { key: string; seq: number },
): Promise<Buffer | null> {
  const row = await db
    .selectFrom('file_chunk')
    .select('data')
    .where('key', '=', key)
    .where('seq', '=', seq)
    .executeTakeFirst();
  return row?.data ?? null;
}

export async function countChunks(db: Kysely<Database>, key: string): Promise<number> {
  const { count } = await db
    .selectFrom('file_chunk')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('key', '=', key)
    .executeTakeFirstOrThrow();
  return count;
}

/** Deletes some chunks of a key, so few that others do not wait for long. @returns whether there may be more */
export async function deleteSomeChunks(db: Kysely<Database>, key: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('file_chunk')
    .where('key', '=', key)
    .where('seq', 'in', (eb) =>
      eb.selectFrom('file_chunk').select('seq').where('key', '=', key).orderBy('seq').limit(sql.lit(CHUNKS_AT_ONCE)),
    )
    .executeTakeFirstOrThrow();
  return numDeletedRows === BigInt(CHUNKS_AT_ONCE);
}

const CHUNKS_AT_ONCE = 64;
