import { type Kysely, type Selectable, sql, type Transaction, type Updateable } from 'kysely';
import { prepare } from './connection/prepared.ts';
import type { Database } from './database.ts';

export type ConversationRow = Omit<Selectable<Database['conversation']>, 'left_at' | 'title_asked_at' | 'retitled_at'>;

export const conversationColumns = [
  'id',
  'user_id',
  'title',
  'titled_by_user',
  'model_ids',
  'system_prompt',
  'client_id',
  'payer_team_id',
  'folder_id',
  'evaluation_id',
  'temporary',
  'pinned',
  'archived',
  'created_at',
  'updated_at',
  'active_at',
] as const;

export type NewConversation = Omit<ConversationRow, 'created_at' | 'updated_at' | 'active_at'>;

export const insertConversationStatement = prepare(
  (
    db,
    {
      id,
      user_id,
      title,
      titled_by_user,
      model_ids,
      system_prompt,
      client_id,
      payer_team_id,
      folder_id,
      evaluation_id,
      temporary,
      pinned,
      archived,
    }: NewConversation,
  ) =>
    db
      .insertInto('conversation')
      .values({
        id,
        user_id,
        title,
        titled_by_user,
        model_ids,
        system_prompt,
        client_id,
        payer_team_id,
        folder_id,
        evaluation_id,
        temporary,
        pinned,
        archived,
      })
      .returning(conversationColumns),
);

export async function findConversations(
  db: Kysely<Database>,
  userId: string,
  ids: readonly string[],
): Promise<ConversationRow[]> {
  return db
    .selectFrom('conversation')
    .select(conversationColumns)
    .where('user_id', '=', userId)
    .where('evaluation_id', 'is', null)
    .where('id', 'in', ids)
    .execute();
}

/** Finds any of the user's conversations, also an evaluation's. */
export async function findOwnConversations(
  db: Kysely<Database>,
  userId: string,
  ids: readonly string[],
): Promise<ConversationRow[]> {
  return db
    .selectFrom('conversation')
    .select(conversationColumns)
    .where('user_id', '=', userId)
    .where('id', 'in', ids)
    .execute();
}

/** The place of a prompt: a conversation, named by its own id, by the id of one of its turns, or as its client does. */
export interface Whereabouts {
  userId: string;
  conversationId: string | null;
  turnId: string | null;
  clientId: string | null;
}

export function conversationAt({ userId, conversationId, turnId, clientId }: Whereabouts) {
  const ofTurn = sql`(select conversation_id from turn where user_id = ${userId} and id = ${turnId}::uuid)`;
  const ofClient = sql`(select id from conversation where user_id = ${userId} and client_id = ${clientId})`;
  return sql<string>`coalesce(${conversationId}::uuid, ${ofTurn}, ${ofClient})`;
}

/** Keeps the conversation, if it is no evaluation's, from being deleted or written in by others until the transaction ends. */
export const lockConversationAtStatement = prepare((db, at: Whereabouts) =>
  db
    .selectFrom('conversation')
    .select(conversationColumns)
    .where('user_id', '=', at.userId)
    .where('id', '=', conversationAt(at))
    .where('evaluation_id', 'is', null)
    .forUpdate(),
);

/** `lockConversationAtStatement` for a conversation of this evaluation. */
export const lockEvaluatedAtStatement = prepare((db, at: Whereabouts & { evaluationId: string }) =>
  db
    .selectFrom('conversation')
    .select(conversationColumns)
    .where('user_id', '=', at.userId)
    .where('id', '=', conversationAt(at))
    .where('evaluation_id', '=', at.evaluationId)
    .forUpdate(),
);

/** Locks any conversation, also an evaluation's. */
export async function lockConversation(
  trx: Kysely<Database>,
  userId: string,
  id: string,
): Promise<ConversationRow | undefined> {
  return trx
    .selectFrom('conversation')
    .select(conversationColumns)
    .where('user_id', '=', userId)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
}

export const findConversationAtStatement = prepare((db, at: Whereabouts) =>
  db
    .selectFrom('conversation')
    .select(conversationColumns)
    .where('user_id', '=', at.userId)
    .where('id', '=', conversationAt(at))
    .where('evaluation_id', 'is', null),
);

export interface ConversationFilter {
  userId: string;
  archived?: boolean | null;
  pinned?: boolean | null;
  /** In this folder; null: in none; absent: wherever they are. */
  folderId?: string | null | undefined;
}

export interface ConversationPage extends ConversationFilter {
  after?: { activeAt: Date; id: string } | null;
  limit: number;
}

/** A page of conversations, the most recently written in first. */
export async function findConversationPage(db: Kysely<Database>, page: ConversationPage): Promise<ConversationRow[]> {
  return filterConversations(db, page)
    .select(conversationColumns.map((column) => `conversation.${column}` as const))
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

export async function countConversations(db: Kysely<Database>, filter: ConversationFilter): Promise<number> {
  const { count } = await filterConversations(db, filter)
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return count;
}

export function filterConversations(db: Kysely<Database>, { userId, archived, pinned, folderId }: ConversationFilter) {
  return db
    .selectFrom('conversation')
    .where('conversation.user_id', '=', userId)
    .where('conversation.evaluation_id', 'is', null)
    .where('conversation.temporary', '=', false)
    .$if(archived != null, (select) => select.where('archived', '=', archived as boolean))
    .$if(pinned != null, (select) => select.where('pinned', '=', pinned as boolean))
    .$if(folderId === null, (select) => select.where('conversation.folder_id', 'is', null))
    .$if(folderId != null, (select) => select.where('conversation.folder_id', '=', folderId as string));
}

export async function setConversation(
  db: Kysely<Database>,
  userId: string,
  id: string,
  changes: Updateable<Database['conversation']>,
): Promise<ConversationRow | undefined> {
  return db
    .updateTable('conversation')
    .set({
      ...changes,
      ...(changes.title !== undefined && { retitled_at: sql<Date>`clock_timestamp()` }),
      updated_at: sql`now()`,
    })
    .where('user_id', '=', userId)
    .where('id', '=', id)
    .returning(conversationColumns)
    .executeTakeFirst();
}

interface PromptedConversation {
  userId: string;
  id: string;
  modelIds: string[];
  /** Null: the title stays. */
  title: string | null;
  /** Null: the system prompt stays. */
  systemPrompt: string | null;
  /** The team that pays; null: the member. */
  payerTeamId: string | null;
}

/** Moves a conversation to the top of the lists after a prompt. */
export const promptConversationStatement = prepare(
  (db, { userId, id, modelIds, title, systemPrompt, payerTeamId }: PromptedConversation) =>
    db
      .updateTable('conversation')
      .set({
        model_ids: modelIds,
        payer_team_id: payerTeamId,
        title: sql`coalesce(${title}, title)`,
        system_prompt: sql`coalesce(${systemPrompt}, system_prompt)`,
        active_at: sql`clock_timestamp()`,
        left_at: null,
        updated_at: sql`now()`,
      })
      .where('user_id', '=', userId)
      .where('id', '=', id),
);

/** Moves a conversation to the top of the lists after an answer in it was asked for again. */
export const touchConversationStatement = prepare((db, { userId, id }: { userId: string; id: string }) =>
  db
    .updateTable('conversation')
    .set({ active_at: sql`clock_timestamp()`, updated_at: sql`now()` })
    .where('user_id', '=', userId)
    .where('id', '=', id),
);

export async function deleteConversationRow(db: Kysely<Database>, userId: string, id: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('conversation')
    .where('user_id', '=', userId)
    .where('id', '=', id)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** All of the user's conversations but an evaluation's, temporary ones too. */
export async function findConversationIds(db: Kysely<Database>, userId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('conversation')
    .select('id')
    .where('user_id', '=', userId)
    .where('evaluation_id', 'is', null)
    .execute();
  return rows.map(({ id }) => id);
}

/**
 * Whether nobody has asked anything in a conversation for as many days as it is kept. A team says so for its members only:
 * those who have left it read its settings no more.
 *
 * @param days how long those are kept whose team does not say; null: for ever
 */
function isForgotten(days: number | null) {
  const ofTeam = sql`(
    select team.retention_days from team
    join team_member on team_member.team_id = team.id and team_member.left_at is null
    where team.id = conversation.payer_team_id and team_member.user_id = conversation.user_id)`;
  return sql<boolean>`
    conversation.active_at < now() - make_interval(days => coalesce(${ofTeam}, ${days}::integer))`;
}

export type ForgottenConversationRow = Pick<ConversationRow, 'id' | 'user_id' | 'active_at'>;

/** Some of the forgotten conversations behind this one, the oldest first. */
export async function findForgottenConversations(
  db: Kysely<Database>,
  days: number | null,
  { after, limit }: { after: ForgottenConversationRow | null; limit: number },
): Promise<ForgottenConversationRow[]> {
  return db
    .selectFrom('conversation')
    .select(['id', 'user_id', 'active_at'])
    .where(isForgotten(days))
    .$if(after !== null, (query) =>
      query.where(sql<boolean>`(active_at, id) > (${after?.active_at}::timestamptz, ${after?.id}::uuid)`),
    )
    .orderBy('active_at')
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** Locks a conversation if it is still forgotten. @returns whether it is */
export async function lockForgottenConversation(
  trx: Transaction<Database>,
  { id, user_id }: Pick<ConversationRow, 'id' | 'user_id'>,
  days: number | null,
): Promise<boolean> {
  const row = await trx
    .selectFrom('conversation')
    .select('id')
    .where('user_id', '=', user_id)
    .where('id', '=', id)
    .where(isForgotten(days))
    .forUpdate()
    .executeTakeFirst();
  return row !== undefined;
}
