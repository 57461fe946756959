import { type Kysely, sql } from 'kysely';
import type { Database } from './database.ts';

/** A page that is loaded again comes back sooner. */
const LEFT = sql`interval '5 minutes'`;
/** Nobody has asked anything for so long. */
const FORGOTTEN = sql`interval '24 hours'`;

const isDue = sql<boolean>`(
  conversation.temporary and (
    conversation.left_at < clock_timestamp() - ${LEFT} or conversation.active_at < clock_timestamp() - ${FORGOTTEN}
  )
)`;

/** Some of the temporary conversations that are to go, the oldest first. */
export async function findDueTemporaries(
  db: Kysely<Database>,
  { after, limit }: { after: string | null; limit: number },
): Promise<{ id: string; user_id: string }[]> {
  return db
    .selectFrom('conversation')
    .select(['id', 'user_id'])
    .where('temporary', '=', true)
    .where(isDue)
    .$if(after !== null, (select) => select.where('id', '>', after as string))
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** Whether the conversation is still to go: somebody may have come back, or asked in it. */
export async function isDueTemporary(db: Kysely<Database>, id: string): Promise<boolean> {
  const row = await db.selectFrom('conversation').select('id').where('id', '=', id).where(isDue).executeTakeFirst();
  return row !== undefined;
}

/** Notes that the page of the user's temporary conversation was closed, or is open again. @returns false: there is none */
export async function setTemporaryLeft(
  db: Kysely<Database>,
  userId: string,
  { id, isLeft }: { id: string; isLeft: boolean },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('conversation')
    .set({ left_at: isLeft ? sql<Date>`clock_timestamp()` : null })
    .where('user_id', '=', userId)
    .where('id', '=', id)
    .where('temporary', '=', true)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Whether one of these turns is of a temporary conversation. */
export async function hasTemporaryTurn(db: Kysely<Database>, turnIds: readonly string[]): Promise<boolean> {
  const row = await db
    .selectFrom('turn')
    .innerJoin('conversation', 'conversation.id', 'turn.conversation_id')
    .select('turn.id')
    .where('turn.id', 'in', turnIds)
    .where('conversation.temporary', '=', true)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
