import { type Insertable, type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from '../database.ts';
import type { VerdictKind } from '../judging/verdict-tables.ts';

export type NewReaderVerdict = Insertable<Database['share_verdict']>;

/** Locks the share, so that its verdicts are counted exactly. @returns false: it is gone */
export async function lockShare(trx: Transaction<Database>, id: string): Promise<boolean> {
  const row = await trx.selectFrom('share').select('id').where('id', '=', id).forNoKeyUpdate().executeTakeFirst();
  return row !== undefined;
}

export async function countReaderVerdicts(db: Kysely<Database>, shareId: string): Promise<number> {
  const { count } = await db
    .selectFrom('share_verdict')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('share_id', '=', shareId)
    .executeTakeFirstOrThrow();
  return count;
}

export async function hasReaderJudged(db: Kysely<Database>, shareId: string, reader: string): Promise<boolean> {
  const row = await db
    .selectFrom('share_verdict')
    .select('reader')
    .where('share_id', '=', shareId)
    .where('reader', '=', reader)
    .executeTakeFirst();
  return row !== undefined;
}

/** Inserts a verdict, which counts unless its address has given one already. A reader's first one stays. */
export async function insertReaderVerdict(trx: Transaction<Database>, verdict: NewReaderVerdict): Promise<void> {
  const isKnown = trx
    .selectFrom('share_verdict')
    .select('reader')
    .where('share_id', '=', verdict.share_id)
    .where('address', '=', verdict.address ?? null);
  const known = await isKnown.executeTakeFirst();
  await trx
    .insertInto('share_verdict')
    .values({ ...verdict, address: known ? null : (verdict.address ?? null) })
    .onConflict((conflict) => conflict.columns(['share_id', 'reader']).doNothing())
    .execute();
}

/** What readers said of the answers of a share. `best_ids` are the answers that they say are best. */
export interface ReaderVerdictSumRow {
  kind: VerdictKind;
  best_ids: string[];
  count: number;
}

/** What readers without an account said, as far as it counts. */
export async function sumReaderVerdicts(db: Kysely<Database>, shareId: string): Promise<ReaderVerdictSumRow[]> {
  return db
    .selectFrom('share_verdict')
    .select(['kind', 'best_ids'])
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('share_id', '=', shareId)
    .where('address', 'is not', null)
    .groupBy(['kind', 'best_ids'])
    .execute();
}

/** What members said of the turn, without its own member. */
export async function sumMembersVerdicts(
  db: Kysely<Database>,
  { turnId, ownerId }: { turnId: string; ownerId: string },
): Promise<ReaderVerdictSumRow[]> {
  const { rows } = await sql<ReaderVerdictSumRow>`
    select verdict.kind, 1 as count, coalesce((
      select array_agg(response_id order by response_id) from verdict_contestant
      where verdict_id = verdict.id and best
    ), '{}') as best_ids
    from verdict join judge on judge.number = verdict.judge_number
    where verdict.turn_id = ${turnId}::uuid and judge.model_id is null and judge.user_id is distinct from ${ownerId}
  `.execute(db);
  return rows;
}

/** Whether the member has judged the turn. */
export async function hasMemberJudged(db: Kysely<Database>, turnId: string, userId: string): Promise<boolean> {
  const row = await db
    .selectFrom('verdict')
    .innerJoin('judge', 'judge.number', 'verdict.judge_number')
    .select('verdict.id')
    .where('verdict.turn_id', '=', turnId)
    .where('judge.user_id', '=', userId)
    .executeTakeFirst();
  return row !== undefined;
}
