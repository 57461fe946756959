import { type Kysely, sql } from 'kysely';
import { prepare } from '../connection/prepared.ts';
import type { Database } from '../database.ts';

/** Stores what is needed to go on with each of these answers. `tasks` are JSON, in the order of `ids`. */
export const insertAgentTasksStatement = prepare(
  (_db, { ids, tasks }: { ids: string[]; tasks: string[] }) => sql<never>`
    insert into agent_task (response_id, task)
    select task.* from unnest(${ids}::uuid[], ${tasks}::jsonb[]) as task (response_id, task)`,
);

/** Undefined: it is final, or was never asked of an agent. */
export async function findAgentTask(db: Kysely<Database>, responseId: string): Promise<unknown> {
  const row = await db.selectFrom('agent_task').select('task').where('response_id', '=', responseId).executeTakeFirst();
  return row?.task;
}

/** Counts that the answer is taken up, before anything of it is read. @returns false: too often, or it is no agent's */
export async function takeTaskUp(db: Kysely<Database>, responseId: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('agent_task')
    .set({ tries_left: sql`tries_left - 1` })
    .where('response_id', '=', responseId)
    .where('tries_left', '>', 0)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** As `giveLeaseUp`, with a word: that the answer is taken up once more is no crash. */
export async function handLeaseOver(db: Kysely<Database>, id: string, owner: string): Promise<void> {
  await sql`
    with left_answer as (
      update response set lease_until = clock_timestamp() - interval '1 second'
      where id = ${id}::uuid and lease_owner = ${owner}::uuid and lease_until is not null
      returning id
    )
    update agent_task set tries_left = tries_left + 1 from left_answer where response_id = left_answer.id`.execute(db);
}

/** Lets the lease of an answer run out at once, so that another process goes on with it. */
export async function giveLeaseUp(db: Kysely<Database>, id: string, owner: string): Promise<void> {
  await db
    .updateTable('response')
    .set({ lease_until: sql<Date>`clock_timestamp() - interval '1 second'` })
    .where('id', '=', id)
    .where('lease_owner', '=', owner)
    .where('lease_until', 'is not', null)
    .execute();
}

/** Forgets all that was kept to go on with an answer, which is final now. Its steps and calls stay, to be shown. */
export async function forgetAgentRun(trx: Kysely<Database>, id: string): Promise<void> {
  await trx.deleteFrom('agent_task').where('response_id', '=', id).execute();
  await trx.deleteFrom('checkpoints').where('thread_id', '=', id).execute();
  await trx.deleteFrom('checkpoint_blobs').where('thread_id', '=', id).execute();
  await trx.deleteFrom('checkpoint_writes').where('thread_id', '=', id).execute();
  await trx
    .updateTable('response_step')
    .set({ output: null })
    .where('response_id', '=', id)
    .where('output', 'is not', null)
    .execute();
}
