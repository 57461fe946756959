import { type Kysely, sql, type Transaction } from 'kysely';
import { type ConversationRow, conversationColumns } from './conversations.ts';
import type { Database } from './database.ts';
import { isHidden } from './judging/hidden-turns.ts';

/** A conversation that may be named by a model, and what its name is to be made of. */
export interface UntitledRow {
  id: string;
  userId: string;
  /** The title that it has for now. */
  title: string;
  /** The beginning of the prompt. */
  prompt: string;
  /** The beginning of the turn's first answer. */
  answer: string;
}

/**
 * The conversation of a turn that has the conversation's first answer, unless it has its name already: from its member,
 * from a model, from a file, or from the program that made it. None for a turn that hides its models, for temporary
 * conversations and evaluations, and for what was asked by a key or by a guest.
 *
 * @param lengthMax characters of the prompt, and of the answer
 */
export async function findUntitled(
  db: Kysely<Database>,
  turnId: string,
  lengthMax: number,
): Promise<UntitledRow | undefined> {
  const { rows } = await sql<UntitledRow>`
    select conversation.id, conversation.user_id as "userId", conversation.title,
      left(turn.prompt, ${lengthMax}) as prompt, left(answered.text, ${lengthMax}) as answer
    from turn
      join conversation on conversation.id = turn.conversation_id
      join "user" member on member.id = conversation.user_id
      cross join lateral (
        select text from response
        where turn_id = turn.id and status = 'COMPLETED' and text <> '' and api_key_id is null
        order by finished_at limit 1
      ) as answered
    where turn.id = ${turnId}::uuid and not turn.imported and not ${isHidden('turn')}
      and conversation.title_asked_at is null and not conversation.titled_by_user
      and not conversation.temporary and conversation.evaluation_id is null and conversation.client_id is null
      and member.guest_key is null
      and not exists (select from imported_conversation where conversation_id = conversation.id)
      and not exists (
        select from turn other join response on response.turn_id = other.id
        where other.conversation_id = conversation.id and other.id <> turn.id and response.status = 'COMPLETED'
      )`.execute(db);
  return rows[0];
}

/**
 * Takes note that a model is asked for the conversation's title, which happens once.
 *
 * @returns false: it has been asked for, or the member has named the conversation; nothing changed
 */
export async function claimTitle(trx: Transaction<Database>, conversationId: string): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('conversation')
    .set({ title_asked_at: sql<Date>`clock_timestamp()` })
    .where('id', '=', conversationId)
    .where('title_asked_at', 'is', null)
    .where('titled_by_user', '=', false)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

/** Gives the conversation a title in place of `before`. @returns false: it has another one by now, which stays */
export async function setModelTitle(
  db: Kysely<Database>,
  { id, before, title }: { id: string; before: string; title: string },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('conversation')
    .set({ title, retitled_at: sql<Date>`clock_timestamp()`, updated_at: sql`now()` })
    .where('id', '=', id)
    .where('title', '=', before)
    .where('titled_by_user', '=', false)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

/** The member's conversations whose titles changed in the last minutes, the latest first. */
export async function findRetitled(db: Kysely<Database>, userId: string, limit: number): Promise<ConversationRow[]> {
  return db
    .selectFrom('conversation')
    .select(conversationColumns)
    .where('user_id', '=', userId)
    .where('evaluation_id', 'is', null)
    .where('retitled_at', '>', sql<Date>`statement_timestamp() - interval '2 minutes'`)
    .orderBy('retitled_at', 'desc')
    .limit(limit)
    .execute();
}
