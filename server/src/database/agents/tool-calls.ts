import { type Insertable, type Kysely, type Selectable, sql } from 'kysely';
import type { Database } from '../database.ts';
import type { StoredCallStatus } from './agent-tables.ts';

export type ToolCallRow = Selectable<Database['tool_call']>;

export type NewToolCall = Insertable<Database['tool_call']>;

export async function insertToolCalls(trx: Kysely<Database>, calls: readonly NewToolCall[]): Promise<void> {
  if (calls.length > 0) await trx.insertInto('tool_call').values(calls).execute();
}

/** All calls of the answer, in the order in which they were made. */
export async function findToolCalls(db: Kysely<Database>, responseId: string): Promise<ToolCallRow[]> {
  return db
    .selectFrom('tool_call')
    .selectAll()
    .where('response_id', '=', responseId)
    .orderBy('step')
    .orderBy('place')
    .execute();
}

/** The texts of these calls, of answers of the member, until they come to `bytesMax`; the other ones are `withheld`. */
export async function findShownToolCallsWithin(
  db: Kysely<Database>,
  userId: string,
  { ids, bytesMax }: { ids: readonly string[]; bytesMax: number },
): Promise<(Pick<ToolCallRow, 'id' | 'arguments' | 'result'> & { withheld: boolean })[]> {
  const { rows } = await sql<Pick<ToolCallRow, 'id' | 'arguments' | 'result'> & { withheld: boolean }>`
    select id, withheld, case when withheld then '' else arguments end as arguments,
      case when withheld then null else result end as result
    from (
      select call.id, call.arguments, call.result, sum(
        octet_length(call.arguments) + coalesce(octet_length(call.result::text), 0)
      ) over (order by call.id) > ${bytesMax}::bigint as withheld
      from tool_call call join response on response.id = call.response_id
      where response.user_id = ${userId} and call.id = any(${ids}::uuid[])
    ) as shown`.execute(db);
  return rows;
}

/** Marks the call as one that is carried out. @returns false: it is not to be, or not any more */
export async function setCallRunning(trx: Kysely<Database>, id: string): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('tool_call')
    .set({ status: 'RUNNING', started_at: sql<Date>`clock_timestamp()` })
    .where('id', '=', id)
    .where('status', '=', 'WRITTEN')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/**
 * Ends a call whose status is one of `from`. `result` is JSON.
 *
 * @returns the call as it is then; undefined: it had another status
 */
export async function setCallEnded(
  trx: Kysely<Database>,
  id: string,
  end: { from: readonly StoredCallStatus[]; status: StoredCallStatus; result: string | null; credits?: number },
): Promise<ToolCallRow | undefined> {
  return trx
    .updateTable('tool_call')
    .set({
      status: end.status,
      result: end.result,
      credits: end.credits ?? 0,
      ended_at: sql<Date>`clock_timestamp()`,
    })
    .where('id', '=', id)
    .where('status', 'in', end.from)
    .returningAll()
    .executeTakeFirst();
}
