import { type Insertable, type Kysely, type Selectable, sql } from 'kysely';
import type { Database } from '../database.ts';
import type { StoredCallStatus } from './agent-tables.ts';

export type ToolCallRow = Selectable<Database['tool_call']>;

export type NewToolCall = Insertable<Database['tool_call']>;

/** A statement has room for 65,535 values. */
const ROWS_AT_ONCE = 2000;

/** Inserts the calls; those that are there already stay as they are. */
export async function insertToolCalls(trx: Kysely<Database>, calls: readonly NewToolCall[]): Promise<void> {
  for (let from = 0; from < calls.length; from += ROWS_AT_ONCE) {
    const some = calls.slice(from, from + ROWS_AT_ONCE);
    await trx
      .insertInto('tool_call')
      .values(some)
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute();
  }
}

/** The calls of the answer, or of one of its steps, in the order in which they were made. */
export async function findToolCalls(
  db: Kysely<Database>,
  responseId: string,
  step: number | null = null,
): Promise<ToolCallRow[]> {
  return db
    .selectFrom('tool_call')
    .selectAll()
    .where('response_id', '=', responseId)
    .$if(step !== null, (query) => query.where('step', '=', step))
    .orderBy('step')
    .orderBy('place')
    .execute();
}

/** How far each call of the answer is, without its texts. */
export async function findCallProgress(
  db: Kysely<Database>,
  responseId: string,
): Promise<Pick<ToolCallRow, 'id' | 'status' | 'credits'>[]> {
  return db.selectFrom('tool_call').select(['id', 'status', 'credits']).where('response_id', '=', responseId).execute();
}

/** Ends all calls of an answer that nobody goes on with. `result` is JSON, of those that were not begun. */
export async function endLeftCalls(trx: Kysely<Database>, responseId: string, result: string): Promise<void> {
  await sql`
    update tool_call set
      status = case status when 'RUNNING' then 'UNCERTAIN' else 'FAILED' end,
      result = case status when 'RUNNING' then null else ${result}::jsonb end,
      ended_at = clock_timestamp()
    where response_id = ${responseId}::uuid and status in ('WRITTEN', 'WAITING_FOR_APPROVAL', 'RUNNING')`.execute(trx);
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
 * @returns the call as it is then, whoever ended it; undefined: it is gone
 */
export async function setCallEnded(
  trx: Kysely<Database>,
  id: string,
  end: { from: readonly StoredCallStatus[]; status: StoredCallStatus; result: string | null; credits?: number },
): Promise<ToolCallRow | undefined> {
  const ended = await trx
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
  return ended ?? trx.selectFrom('tool_call').selectAll().where('id', '=', id).executeTakeFirst();
}
