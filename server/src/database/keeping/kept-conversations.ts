import { type Kysely, sql } from 'kysely';
import { type ConversationRow, conversationColumns } from '../conversations.ts';
import type { Database } from '../database.ts';
import type { StoredVerdict } from './keeping-tables.ts';

/** A conversation, what the file called it that it came from (null: it began here), and the name of its folder. */
export type KeptConversationRow = ConversationRow & { source: string | null; folder_name: string | null };

function selectKept(db: Kysely<Database>, userId: string) {
  return db
    .selectFrom('conversation')
    .select(conversationColumns)
    .select(
      sql<string | null>`(select source from imported_conversation where conversation_id = conversation.id)`.as(
        'source',
      ),
    )
    .select(sql<string | null>`(select name from folder where folder.id = conversation.folder_id)`.as('folder_name'))
    .where('user_id', '=', userId)
    .where('evaluation_id', 'is', null)
    .where('temporary', '=', false);
}

/** The user's conversations behind this id, in the order of their ids, without temporary ones and those of evaluations. */
export async function findKeptConversations(
  db: Kysely<Database>,
  userId: string,
  { after, limit }: { after: string | null; limit: number },
): Promise<KeptConversationRow[]> {
  return selectKept(db, userId)
    .where('temporary', '=', false)
    .$if(after !== null, (select) => select.where('id', '>', after as string))
    .orderBy('id')
    .limit(limit)
    .execute();
}

export async function findKeptConversation(
  db: Kysely<Database>,
  userId: string,
  id: string,
): Promise<KeptConversationRow | undefined> {
  return selectKept(db, userId).where('id', '=', id).executeTakeFirst();
}

/** What the answers of these turns cost elsewhere, those that came from a file. */
export async function findImportedCredits(
  db: Kysely<Database>,
  userId: string,
  turnIds: readonly string[],
): Promise<{ response_id: string; credits_held: number; credits_charged: number }[]> {
  return db
    .selectFrom('imported_response')
    .innerJoin('response', 'response.id', 'response_id')
    .select(['response_id', 'imported_response.credits_held', 'imported_response.credits_charged'])
    .where('response.user_id', '=', userId)
    .where('turn_id', 'in', turnIds)
    .execute();
}

/** The user's verdicts that came with files, behind this turn. */
export async function findOwnImportedVerdicts(
  db: Kysely<Database>,
  userId: string,
  { after, limit }: { after: string | null; limit: number },
): Promise<{ id: string; verdict: StoredVerdict }[]> {
  return db
    .selectFrom('imported_verdict')
    .innerJoin('turn', 'turn.id', 'turn_id')
    .select(['turn_id as id', 'told as verdict'])
    .where('turn.user_id', '=', userId)
    .$if(after !== null, (select) => select.where('turn_id', '>', after as string))
    .orderBy('turn_id')
    .limit(limit)
    .execute();
}

/** The verdicts that came with these turns of the user. */
export async function findImportedVerdicts(
  db: Kysely<Database>,
  userId: string,
  turnIds: readonly string[],
): Promise<{ turn_id: string; told: StoredVerdict }[]> {
  return db
    .selectFrom('imported_verdict')
    .innerJoin('turn', 'turn.id', 'turn_id')
    .select(['turn_id', 'told'])
    .where('turn.user_id', '=', userId)
    .where('turn_id', 'in', turnIds)
    .execute();
}
