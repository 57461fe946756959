import { type Kysely, sql } from 'kysely';
import { type ConversationRow, conversationColumns } from '../conversations.ts';
import type { Database } from '../database.ts';
import { isPending } from '../judging/hidden-turns.ts';

/** Conversations that programs' clients began: each has the id that its client gave it. */
function selectOfClients(db: Kysely<Database>, userId: string) {
  return db.selectFrom('conversation').where('user_id', '=', userId).where('client_id', 'is not', null);
}

export async function findClientConversation(
  db: Kysely<Database>,
  userId: string,
  clientId: string,
): Promise<ConversationRow | undefined> {
  return selectOfClients(db, userId).select(conversationColumns).where('client_id', '=', clientId).executeTakeFirst();
}

/** The one that was written in last. */
export async function findLatestClientConversation(
  db: Kysely<Database>,
  userId: string,
): Promise<ConversationRow | undefined> {
  return selectOfClients(db, userId)
    .select(conversationColumns)
    .orderBy('active_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
}

export async function findClientConversationIds(db: Kysely<Database>, userId: string): Promise<string[]> {
  const rows = await selectOfClients(db, userId).select('id').execute();
  return rows.map(({ id }) => id);
}

/** How many prompts these conversations have, and how many of them have an answer, in all branches. */
export async function countMessages(
  db: Kysely<Database>,
  userId: string,
  conversationIds: readonly string[],
): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('turn')
    .select('conversation_id')
    .select(sql<number>`count(*) + count(*) filter (where ${hasAnswer})`.as('count'))
    .where('user_id', '=', userId)
    .where('conversation_id', '=', sql<string>`any(${conversationIds}::uuid[])`)
    .groupBy('conversation_id')
    .execute();
  return new Map(rows.map(({ conversation_id, count }) => [conversation_id, count]));
}

const hasAnswer = sql<boolean>`not ${isPending('turn')} and exists (
  select from response where response.turn_id = turn.id and finished_at is not null and text <> ''
)`;
