import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import type { Database } from '../database.ts';
import type { PairOutcome } from './evaluation-tables.ts';

/** A pair that a person is shown. */
export interface ShownPairRow {
  /** Of what is shown to this person. */
  id: string;
  pair_id: string;
  evaluation_id: string;
  /** The owner of the answers. */
  owner_id: string;
  position: number;
  repeat: number;
  lane_a: number;
  lane_b: number;
  swapped: boolean;
  turn_id: string | null;
  prompt: string;
  reference: string | null;
  topic: string | null;
  payer_team_id: string | null;
  said: Selectable<Database['evaluation_verdict']>['said'];
}

function shownPairs(db: Kysely<Database>, userId: string) {
  return db
    .selectFrom('evaluation_verdict as verdict')
    .innerJoin('evaluation_pair as pair', 'pair.id', 'verdict.pair_id')
    .innerJoin('evaluation', 'evaluation.id', 'pair.evaluation_id')
    .innerJoin('evaluation_item as item', (join) =>
      join.onRef('item.evaluation_id', '=', 'pair.evaluation_id').onRef('item.position', '=', 'pair.position'),
    )
    .innerJoin('evaluation_ask as ask', (join) =>
      join
        .onRef('ask.evaluation_id', '=', 'pair.evaluation_id')
        .onRef('ask.position', '=', 'pair.position')
        .onRef('ask.repeat', '=', 'pair.repeat'),
    )
    .select(['verdict.id', 'verdict.pair_id', 'verdict.swapped', 'verdict.said'])
    .select(['pair.evaluation_id', 'pair.position', 'pair.repeat', 'pair.lane_a', 'pair.lane_b'])
    .select(['ask.turn_id', 'item.prompt', 'item.reference', 'item.topic'])
    .select(['evaluation.user_id as owner_id', 'evaluation.payer_team_id'])
    .where('verdict.user_id', '=', userId);
}

/** What the user was shown and has not judged yet. */
export async function findOpenPair(
  db: Kysely<Database>,
  evaluationId: string,
  userId: string,
): Promise<ShownPairRow | undefined> {
  return shownPairs(db, userId)
    .where('pair.evaluation_id', '=', evaluationId)
    .where('verdict.said', 'is', null)
    .where('ask.turn_id', 'is not', null)
    .limit(1)
    .executeTakeFirst();
}

export async function findShownPair(
  db: Kysely<Database>,
  userId: string,
  id: string,
): Promise<ShownPairRow | undefined> {
  return shownPairs(db, userId).where('verdict.id', '=', id).executeTakeFirst();
}

/** Locks what the user was shown. */
export async function lockShownPair(
  trx: Transaction<Database>,
  userId: string,
  id: string,
): Promise<ShownPairRow | undefined> {
  return shownPairs(trx, userId).where('verdict.id', '=', id).forUpdate('verdict').executeTakeFirst();
}

/**
 * Shows the user another pair: one of those that fewest people were shown, in the order that was shown less often, for
 * this pair and then for its two models.
 *
 * @returns false if the user has been shown all
 */
export async function showNextPair(
  db: Kysely<Database>,
  { id, evaluationId, userId }: { id: string; evaluationId: string; userId: string },
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    with seen as (
      select pair.id, count(*) filter (where verdict.swapped) as swapped, count(*) filter (where not verdict.swapped) as straight,
        bool_or(verdict.user_id = ${userId}) as own
      from evaluation_pair pair join evaluation_verdict verdict on verdict.pair_id = pair.id
      where pair.evaluation_id = ${evaluationId}::uuid
      group by pair.id
    ), pair as (
      select pair.id, pair.lane_a, pair.lane_b, coalesce(seen.swapped, 0) as swapped, coalesce(seen.straight, 0) as straight
      from evaluation_pair pair
      join evaluation_ask ask on ask.evaluation_id = pair.evaluation_id and ask.position = pair.position
        and ask.repeat = pair.repeat
      left join seen on seen.id = pair.id
      where pair.evaluation_id = ${evaluationId}::uuid and seen.own is not true and ask.turn_id is not null
      order by coalesce(seen.swapped + seen.straight, 0), md5(pair.id::text || ${userId})
      limit 1
    )
    insert into evaluation_verdict (id, pair_id, user_id, swapped)
    select ${id}::uuid, pair.id, ${userId},
      case
        when pair.swapped <> pair.straight then pair.swapped < pair.straight
        when ofmodels.swapped <> ofmodels.straight then ofmodels.swapped < ofmodels.straight
        else get_byte(decode(md5(pair.id::text || ${userId}), 'hex'), 0) % 2 = 1
      end
    from pair
    cross join lateral (
      select count(*) filter (where verdict.swapped) as swapped, count(*) filter (where not verdict.swapped) as straight
      from evaluation_verdict verdict join evaluation_pair other on other.id = verdict.pair_id
      where other.evaluation_id = ${evaluationId}::uuid and other.lane_a = pair.lane_a and other.lane_b = pair.lane_b
    ) as ofmodels
    on conflict (pair_id, user_id) do nothing`.execute(db);
  return (numAffectedRows ?? 0n) > 0n;
}

/** Stores what the user says of what they were shown. @returns whether they judged blind */
export async function setPersonSaid(
  trx: Transaction<Database>,
  { id, evaluation_id, position }: Pick<ShownPairRow, 'id' | 'evaluation_id' | 'position'>,
  { userId, said }: { userId: string; said: PairOutcome | 'ALL_BAD' },
): Promise<boolean> {
  const { blind } = await trx
    .updateTable('evaluation_verdict')
    .set({
      said,
      judged_at: sql<Date>`clock_timestamp()`,
      blind: sql<boolean>`not exists (
        select from evaluation_opening opening
        where opening.evaluation_id = ${evaluation_id}::uuid and opening.position = ${position}
          and opening.user_id = ${userId})`,
    })
    .where('id', '=', id)
    .returning('blind')
    .executeTakeFirstOrThrow();
  return blind === true;
}

/** How many pairs the user has judged, and how many there are for them. */
export async function countOwnJudging(
  db: Kysely<Database>,
  evaluationId: string,
  userId: string,
): Promise<{ judged: number; left: number }> {
  const { rows } = await sql<{ judged: number; left: number }>`
    select
      count(*) filter (where verdict.said is not null) as judged,
      count(*) filter (where verdict.said is null and ask.turn_id is not null) as left
    from evaluation_pair pair
    join evaluation_ask ask on ask.evaluation_id = pair.evaluation_id and ask.position = pair.position
      and ask.repeat = pair.repeat
    left join evaluation_verdict verdict on verdict.pair_id = pair.id and verdict.user_id = ${userId}
    where pair.evaluation_id = ${evaluationId}::uuid`.execute(db);
  return rows[0] as { judged: number; left: number };
}
