import { type Insertable, type Kysely, type Selectable, sql, type Transaction, type Updateable } from 'kysely';
import type { Database } from '../database.ts';
import { leaseEnd } from '../responses.ts';
import { teamsOf } from './prompt-sets.ts';

export type EvaluationRow = Selectable<Database['evaluation']> & { owner_name: string };

function selectEvaluations(db: Kysely<Database>) {
  return db
    .selectFrom('evaluation')
    .innerJoin('user', 'user.id', 'evaluation.user_id')
    .selectAll('evaluation')
    .select('user.name as owner_name')
    .where('evaluation.state', '!=', 'DELETED');
}

/** Evaluations that the user may see: their own, and those in which they may judge. */
function visible(db: Kysely<Database>, userId: string) {
  return selectEvaluations(db).where((eb) =>
    eb.or([
      eb('evaluation.user_id', '=', userId),
      eb('evaluation.judged_by', '=', 'MEMBERS'),
      eb('evaluation.judging_team_id', 'in', teamsOf(db, userId)),
    ]),
  );
}

/** The latest evaluations that the user may see; with `setId` those of a set. */
export async function findEvaluations(
  db: Kysely<Database>,
  userId: string,
  { setId = null, limit }: { setId?: string | null; limit: number },
): Promise<EvaluationRow[]> {
  return visible(db, userId)
    .$if(setId !== null, (select) => select.where('evaluation.set_id', '=', setId))
    .orderBy('evaluation.created_at', 'desc')
    .orderBy('evaluation.id', 'desc')
    .limit(limit)
    .execute();
}

export async function findEvaluationsById(
  db: Kysely<Database>,
  userId: string,
  ids: readonly string[],
): Promise<EvaluationRow[]> {
  return visible(db, userId).where('evaluation.id', 'in', ids).execute();
}

/** The owner's last evaluation of the same set before this one. */
export async function findEvaluationBefore(
  db: Kysely<Database>,
  { id, user_id, set_id, created_at }: Pick<EvaluationRow, 'id' | 'user_id' | 'set_id' | 'created_at'>,
): Promise<EvaluationRow | undefined> {
  if (set_id === null) return undefined;
  return selectEvaluations(db)
    .where('evaluation.user_id', '=', user_id)
    .where('evaluation.set_id', '=', set_id)
    .where('evaluation.id', '!=', id)
    .where('evaluation.created_at', '<=', created_at)
    .orderBy('evaluation.created_at', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** How many evaluations the user has, and how many of them are at work. */
export async function countEvaluations(
  db: Kysely<Database>,
  userId: string,
): Promise<{ all: number; running: number }> {
  return db
    .selectFrom('evaluation')
    .select((eb) => eb.fn.countAll<number>().as('all'))
    .select(sql<number>`count(*) filter (where state = 'RUNNING')`.as('running'))
    .where('user_id', '=', userId)
    .where('state', '!=', 'DELETED')
    .executeTakeFirstOrThrow();
}

export async function insertEvaluation(
  trx: Transaction<Database>,
  evaluation: Insertable<Database['evaluation']>,
): Promise<void> {
  await trx.insertInto('evaluation').values(evaluation).execute();
}

/**
 * Copies the set's prompts, and plans how often each is sent. The prompts are sent in a random order, all repeats of one
 * behind each other.
 */
export async function insertEvaluationPrompts(
  trx: Transaction<Database>,
  { id, setId, repeats }: { id: string; setId: string; repeats: number },
): Promise<void> {
  await sql`
    insert into evaluation_item (evaluation_id, position, prompt, reference, topic)
    select ${id}::uuid, row_number() over (order by position, id) - 1, prompt, reference, topic
    from prompt_set_item where set_id = ${setId}::uuid`.execute(trx);
  await sql`
    insert into evaluation_ask (evaluation_id, position, repeat, place)
    select evaluation_id, position, repeat,
      row_number() over (order by md5(evaluation_id::text || '/' || position), repeat) - 1
    from evaluation_item, generate_series(0, ${repeats}::integer - 1) as repeat
    where evaluation_id = ${id}::uuid`.execute(trx);
}

/** Changes the user's own evaluation if it is in one of these states. */
export async function setEvaluation(
  db: Kysely<Database>,
  { userId, id, states }: { userId: string; id: string; states: readonly EvaluationRow['state'][] },
  changes: Updateable<Database['evaluation']>,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('evaluation')
    .set(changes)
    .where('user_id', '=', userId)
    .where('id', '=', id)
    .where('state', 'in', states)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/**
 * Evaluations with something to do. One that is paused or stopped is among them while answers are being written, which
 * are taken note of when they end.
 */
const atWork = sql<string>`
  select id from evaluation where state in ('RUNNING', 'DELETED')
  union
  select evaluation_id from evaluation_ask where state = 'ASKED'
  union
  select evaluation_id from evaluation_pair
  where (first_asked and first_said is null) or (last_asked and last_said is null)`;

/** Takes evaluations that have work to do and that no living process works at. @returns their ids */
export async function claimEvaluations(
  db: Kysely<Database>,
  { owner, leaseMs, limit }: { owner: string; leaseMs: number; limit: number },
): Promise<string[]> {
  const free = db
    .selectFrom('evaluation')
    .select('id')
    .where('id', 'in', sql<string>`(${atWork})`)
    .where((eb) => eb.or([eb('lease_until', 'is', null), eb('lease_until', '<', sql<Date>`clock_timestamp()`)]))
    .orderBy('created_at')
    .limit(limit)
    .forUpdate()
    .skipLocked();
  const rows = await db
    .updateTable('evaluation')
    .set({ lease_owner: owner, lease_until: leaseEnd(leaseMs) })
    .where('id', 'in', free)
    .returning('id')
    .execute();
  return rows.map(({ id }) => id);
}

/** Renews the lease. @returns undefined if another process has it, or the evaluation is done */
export async function holdEvaluation(
  db: Kysely<Database>,
  id: string,
  { owner, leaseMs }: { owner: string; leaseMs: number },
): Promise<Selectable<Database['evaluation']> | undefined> {
  return db
    .updateTable('evaluation')
    .set({ lease_until: leaseEnd(leaseMs) })
    .where('id', '=', id)
    .where('lease_owner', '=', owner)
    .where('state', '!=', 'DONE')
    .returningAll()
    .executeTakeFirst();
}

/** Changes an evaluation at which this process works. */
export async function setHeldEvaluation(
  db: Kysely<Database>,
  id: string,
  owner: string,
  changes: Updateable<Database['evaluation']>,
): Promise<void> {
  await db
    .updateTable('evaluation')
    .set(changes)
    .where('id', '=', id)
    .where('lease_owner', '=', owner)
    .where('state', '=', 'RUNNING')
    .execute();
}

/** Ends the work at an evaluation that is paused or stopped. */
export async function releaseEvaluation(db: Kysely<Database>, id: string, owner: string): Promise<void> {
  await db
    .updateTable('evaluation')
    .set({ lease_owner: null, lease_until: null })
    .where('id', '=', id)
    .where('lease_owner', '=', owner)
    .where('state', 'in', ['PAUSED', 'STOPPED'])
    .execute();
}

/** Lets another process take the evaluations of this one at once. */
export async function releaseEvaluations(db: Kysely<Database>, owner: string): Promise<void> {
  await db
    .updateTable('evaluation')
    .set({ lease_owner: null, lease_until: null })
    .where('lease_owner', '=', owner)
    .execute();
}

export async function findEvaluationConversations(db: Kysely<Database>, id: string, limit: number): Promise<string[]> {
  const rows = await db.selectFrom('conversation').select('id').where('evaluation_id', '=', id).limit(limit).execute();
  return rows.map((row) => row.id);
}

export async function deleteEvaluationRow(db: Kysely<Database>, id: string): Promise<void> {
  await db.deleteFrom('evaluation').where('id', '=', id).execute();
}

/** Deletes the user's evaluations, whose conversations are gone already. */
export async function deleteEvaluationsOf(db: Kysely<Database>, userId: string): Promise<void> {
  await db.deleteFrom('evaluation').where('user_id', '=', userId).execute();
}
