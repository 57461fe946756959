import { type ExpressionBuilder, type Insertable, type Kysely, type Selectable, sql, type Updateable } from 'kysely';
import type { Database } from './database.ts';

export type ConversationRow = Omit<Selectable<Database['conversation']>, 'search'>;

const columns = [
  'id',
  'user_id',
  'title',
  'titled_by_user',
  'model_ids',
  'system_prompt',
  'pinned',
  'archived',
  'created_at',
  'updated_at',
  'active_at',
] as const;

export async function insertConversation(
  db: Kysely<Database>,
  conversation: Insertable<Database['conversation']>,
): Promise<ConversationRow> {
  return db.insertInto('conversation').values(conversation).returning(columns).executeTakeFirstOrThrow();
}

export async function findConversations(
  db: Kysely<Database>,
  userId: string,
  ids: readonly string[],
): Promise<ConversationRow[]> {
  return db.selectFrom('conversation').select(columns).where('user_id', '=', userId).where('id', 'in', ids).execute();
}

/** Keeps the conversation from being deleted or written in by others until the transaction ends. */
export async function lockConversation(
  trx: Kysely<Database>,
  userId: string,
  id: string,
): Promise<ConversationRow | undefined> {
  return trx
    .selectFrom('conversation')
    .select(columns)
    .where('user_id', '=', userId)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
}

export interface ConversationPage {
  userId: string;
  archived?: boolean | null;
  pinned?: boolean | null;
  /** For to_tsquery, made by `toPrefixQuery`. */
  query?: string | null;
  after?: { activeAt: Date; id: string } | null;
  limit: number;
}

/** Most recently written in first. */
export async function findConversationPage(db: Kysely<Database>, page: ConversationPage): Promise<ConversationRow[]> {
  return filterConversations(db, page)
    .select(columns.map((column) => `conversation.${column}` as const))
    .$if(page.after != null, (query) =>
      query.where(
        sql<boolean>`(conversation.active_at, conversation.id) < (${page.after?.activeAt}::timestamptz, ${page.after?.id}::uuid)`,
      ),
    )
    .orderBy('conversation.active_at', 'desc')
    .orderBy('conversation.id', 'desc')
    .limit(page.limit)
    .execute();
}

export async function countConversations(db: Kysely<Database>, page: ConversationPage): Promise<number> {
  const { count } = await filterConversations(db, page)
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return count;
}

function filterConversations(db: Kysely<Database>, { userId, archived, pinned, query }: ConversationPage) {
  return db
    .selectFrom('conversation')
    .where('conversation.user_id', '=', userId)
    .$if(archived != null, (select) => select.where('archived', '=', archived as boolean))
    .$if(pinned != null, (select) => select.where('pinned', '=', pinned as boolean))
    .$if(query != null, (select) => select.where((eb) => mentions(eb, userId, query as string)));
}

function mentions(eb: ExpressionBuilder<Database, 'conversation'>, userId: string, query: string) {
  // Not a cast: only to_tsquery folds case as the texts were folded.
  const tsquery = sql`to_tsquery('simple', ${query})`;
  const matches = sql<boolean>`search @@ ${tsquery}`;
  return eb.or([
    sql<boolean>`conversation.search @@ ${tsquery}`,
    eb('conversation.id', 'in', (qb) =>
      qb
        .selectFrom('turn')
        .select('conversation_id')
        .where('user_id', '=', userId)
        .where(matches)
        .union(qb.selectFrom('response').select('conversation_id').where('user_id', '=', userId).where(matches)),
    ),
  ]);
}

export async function setConversation(
  db: Kysely<Database>,
  userId: string,
  id: string,
  changes: Updateable<Database['conversation']>,
): Promise<ConversationRow | undefined> {
  return db
    .updateTable('conversation')
    .set({ ...changes, updated_at: sql`now()` })
    .where('user_id', '=', userId)
    .where('id', '=', id)
    .returning(columns)
    .executeTakeFirst();
}

export async function deleteConversationRow(db: Kysely<Database>, userId: string, id: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('conversation')
    .where('user_id', '=', userId)
    .where('id', '=', id)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

export async function findConversationIds(db: Kysely<Database>, userId: string): Promise<string[]> {
  const rows = await db.selectFrom('conversation').select('id').where('user_id', '=', userId).execute();
  return rows.map(({ id }) => id);
}
