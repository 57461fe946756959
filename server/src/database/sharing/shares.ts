import { type Insertable, type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import type { Database } from '../database.ts';

export type { ShareAudience } from './share-tables.ts';

export type ShareRow = Selectable<Database['share']>;

const columns = [
  'share.id',
  'share.key',
  'share.user_id',
  'share.conversation_id',
  'share.turn_id',
  'share.audience',
  'share.title',
  'share.with_figures',
  'share.with_name',
  'share.asks_verdict',
  'share.expires_at',
  'share.created_at',
] as const;

export type NewShare = Omit<Insertable<Database['share']>, 'created_at'>;

/** Inserts a share with the answers that it shows, and those of them that readers are asked to compare. */
export async function insertShare(
  trx: Transaction<Database>,
  share: NewShare,
  { responseIds, comparedIds }: { responseIds: readonly string[]; comparedIds: readonly string[] },
): Promise<ShareRow> {
  const row = await trx.insertInto('share').values(share).returning(columns).executeTakeFirstOrThrow();
  await sql`
    insert into share_answer (share_id, response_id, compared)
    select ${share.id}::uuid, id, id = any(${[...comparedIds]}::uuid[])
    from unnest(${[...responseIds]}::uuid[]) as id`.execute(trx);
  return row;
}

export async function findShares(db: Kysely<Database>, userId: string, ids: readonly string[]): Promise<ShareRow[]> {
  return db.selectFrom('share').select(columns).where('user_id', '=', userId).where('id', 'in', ids).execute();
}

/** A page of the user's shares, the newest first; their ids are sortable by time. */
export async function findSharePage(
  db: Kysely<Database>,
  userId: string,
  { after, limit }: { after: string | null; limit: number },
): Promise<ShareRow[]> {
  return db
    .selectFrom('share')
    .select(columns)
    .where('user_id', '=', userId)
    .$if(after !== null, (select) => select.where('id', '<', after as string))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}

export async function countShares(db: Kysely<Database>, userId: string): Promise<number> {
  const { count } = await db
    .selectFrom('share')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('user_id', '=', userId)
    .executeTakeFirstOrThrow();
  return count;
}

/** @returns what was deleted; undefined: there was no such share of the user's */
export async function deleteShare(
  trx: Transaction<Database>,
  userId: string,
  id: string,
): Promise<ShareRow | undefined> {
  return trx
    .deleteFrom('share')
    .where('user_id', '=', userId)
    .where('id', '=', id)
    .returning(columns)
    .executeTakeFirst();
}

/** A share that can be read, and who shows it. */
export interface ReadableShareRow extends ShareRow {
  owner_name: string;
}

/** The share of this key, unless it has expired, or its owner is suspended or gone. */
export async function findReadableShare(db: Kysely<Database>, key: string): Promise<ReadableShareRow | undefined> {
  return db
    .selectFrom('share')
    .innerJoin('user', 'user.id', 'share.user_id')
    .select(columns)
    .select('user.name as owner_name')
    .where('key', '=', key)
    .where('user.suspended', '=', false)
    .where('user.deleted_at', 'is', null)
    .where(sql<boolean>`coalesce(share.expires_at > clock_timestamp(), true)`)
    .executeTakeFirst();
}
