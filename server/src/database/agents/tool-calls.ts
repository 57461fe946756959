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
