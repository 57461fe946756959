import { type Kysely, sql } from 'kysely';
import type { Database } from '../database.ts';
import type { ToolCallRow } from './tool-calls.ts';

/** What the member said of tools in the conversation: whether each is used without asking, or never. */
export async function findPermissions(
  db: Kysely<Database>,
  { userId, conversationId }: { userId: string; conversationId: string },
): Promise<Map<string, boolean>> {
  const rows = await db
    .selectFrom('tool_permission')
    .select(['tool_id', 'allowed'])
    .where('user_id', '=', userId)
    .where('conversation_id', '=', conversationId)
    .execute();
  return new Map(rows.map(({ tool_id, allowed }) => [tool_id, allowed]));
}

export async function setPermission(
  trx: Kysely<Database>,
  permission: { userId: string; conversationId: string; toolId: string; allowed: boolean },
): Promise<void> {
  const { userId, conversationId, toolId, allowed } = permission;
  await trx
    .insertInto('tool_permission')
    .values({ user_id: userId, conversation_id: conversationId, tool_id: toolId, allowed })
    .onConflict((conflict) => conflict.columns(['conversation_id', 'user_id', 'tool_id']).doUpdateSet({ allowed }))
    .execute();
}

/** Forgets where members let the tool be used without asking. That it is never used in a conversation stays. */
export async function withdrawPermissions(trx: Kysely<Database>, toolId: string): Promise<void> {
  await trx.deleteFrom('tool_permission').where('tool_id', '=', toolId).where('allowed', '=', true).execute();
}

/** A call of the member's answer, with where that is. */
export async function findCallOf(
  db: Kysely<Database>,
  { userId, responseId, callId }: { userId: string; responseId: string; callId: string },
): Promise<(ToolCallRow & { turn_id: string; conversation_id: string }) | undefined> {
  return db
    .selectFrom('tool_call')
    .innerJoin('response', 'response.id', 'tool_call.response_id')
    .selectAll('tool_call')
    .select(['response.turn_id', 'response.conversation_id'])
    .where('response.user_id', '=', userId)
    .where('response.turn_id', 'is not', null)
    .where('tool_call.response_id', '=', responseId)
    .where('tool_call.id', '=', callId)
    .$narrowType<{ turn_id: string; conversation_id: string }>()
    .executeTakeFirst();
}

/** Answers one call, if it waits. */
export async function answerCall(db: Kysely<Database>, id: string, approve: boolean): Promise<void> {
  await sql`
    update tool_call set
      status = ${approve ? 'WRITTEN' : 'REFUSED'},
      answered_at = clock_timestamp(),
      ended_at = case when ${approve}::boolean then null else clock_timestamp() end
    where id = ${id}::uuid and status = 'WAITING_FOR_APPROVAL'`.execute(db);
}

/**
 * Answers every call that waits for the same word: of the same tool with the same arguments in the same turn or, if it is
 * said for the whole conversation, every call of the tool there.
 *
 * @returns the calls that were answered
 */
export async function answerWaitingCalls(
  trx: Kysely<Database>,
  { call, userId, approve, forAll }: AnsweredCall,
): Promise<Pick<ToolCallRow, 'id' | 'response_id'>[]> {
  const { rows } = await sql<Pick<ToolCallRow, 'id' | 'response_id'>>`
    update tool_call set
      status = ${approve ? 'WRITTEN' : 'REFUSED'},
      answered_at = clock_timestamp(),
      ended_at = case when ${approve}::boolean then null else clock_timestamp() end
    from response
    where response.id = tool_call.response_id and response.user_id = ${userId}
      and response.conversation_id = ${call.conversation_id}::uuid and response.lease_until is not null
      and tool_call.status = 'WAITING_FOR_APPROVAL' and tool_call.tool_id = ${call.tool_id}
      and (
        ${forAll}::boolean
        or (response.turn_id = ${call.turn_id}::uuid and tool_call.arguments = ${call.arguments})
      )
    returning tool_call.id, tool_call.response_id`.execute(trx);
  return rows;
}

interface AnsweredCall {
  call: Pick<ToolCallRow, 'tool_id' | 'arguments'> & { turn_id: string; conversation_id: string };
  userId: string;
  approve: boolean;
  /** Whether it is said for all calls of the tool in the conversation. */
  forAll: boolean;
}
