import { type Insertable, type Kysely, sql, type Transaction } from 'kysely';
import type { Shortening } from '../agents/agent-tables.ts';
import type { Database, ResponseStatus } from '../database.ts';
import { type AskKey, isCounted } from './asked-again.ts';
import type { PairOutcome } from './evaluation-tables.ts';

export interface AskRow {
  position: number;
  repeat: number;
  prompt: string;
}

export async function findWaitingAsk(db: Kysely<Database>, evaluationId: string): Promise<AskRow | undefined> {
  return db
    .selectFrom('evaluation_ask as ask')
    .innerJoin('evaluation_item as item', (join) =>
      join.onRef('item.evaluation_id', '=', 'ask.evaluation_id').onRef('item.position', '=', 'ask.position'),
    )
    .select(['ask.position', 'ask.repeat', 'item.prompt'])
    .where('ask.evaluation_id', '=', evaluationId)
    .where('ask.state', '=', 'WAITING')
    .orderBy('ask.place')
    .limit(1)
    .executeTakeFirst();
}

/** What was sent, and the credits that it may cost at most. */
export interface Sent {
  turnId: string;
  most: number;
}

/** Notes what became of a sending that was waiting. */
export async function setAsked(
  db: Kysely<Database>,
  { evaluationId, position, repeat }: AskKey,
  outcome: Sent | { message: string },
): Promise<void> {
  await db
    .updateTable('evaluation_ask')
    .set(
      'turnId' in outcome
        ? { state: 'ASKED', turn_id: outcome.turnId, most: outcome.most }
        : { state: 'REFUSED', message: outcome.message.slice(0, 1000) },
    )
    .where('evaluation_id', '=', evaluationId)
    .where('position', '=', position)
    .where('repeat', '=', repeat)
    .where('state', '=', 'WAITING')
    .execute();
}

const isLive = sql<boolean>`exists (
  select from response where response.turn_id = ask.turn_id and response.lease_until is not null)`;

/** Sendings all of whose answers have ended since they were looked at. */
export async function findEndedAsks(
  db: Kysely<Database>,
  evaluationId: string,
): Promise<{ position: number; repeat: number; turn_id: string | null }[]> {
  return db
    .selectFrom('evaluation_ask as ask')
    .select(['position', 'repeat', 'turn_id'])
    .where('evaluation_id', '=', evaluationId)
    .where('state', '=', 'ASKED')
    .where(({ not }) => not(isLive))
    .execute();
}

export interface LaneRow {
  turn_id: string;
  id: string;
  lane: number;
  model_id: string;
  served_by: string | null;
  status: ResponseStatus;
  credits_charged: number | null;
  shortened_by: Shortening | null;
  has_text: boolean;
}

/** The answers of these turns that count, by turn and lane. */
export async function findLanes(db: Kysely<Database>, turnIds: readonly string[]): Promise<LaneRow[]> {
  if (turnIds.length === 0) return [];
  return db
    .selectFrom('response')
    .select(({ ref }) => ref('turn_id').$castTo<string>().as('turn_id'))
    .select(['id', 'lane', 'model_id', 'served_by', 'status', 'credits_charged', 'shortened_by'])
    .select(sql<boolean>`text ~ '\\S'`.as('has_text'))
    .where('turn_id', 'in', turnIds)
    .where(isCounted)
    .orderBy('turn_id')
    .orderBy('lane')
    .execute();
}

/** Notes that a sending has ended. @returns false if another process did */
export async function setEnded(
  trx: Transaction<Database>,
  { evaluationId, position, repeat }: AskKey,
): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('evaluation_ask')
    .set({ state: 'ENDED' })
    .where('evaluation_id', '=', evaluationId)
    .where('position', '=', position)
    .where('repeat', '=', repeat)
    .where('state', '=', 'ASKED')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

export async function addSpent(trx: Transaction<Database>, evaluationId: string, credits: number): Promise<void> {
  if (credits === 0) return;
  await trx
    .updateTable('evaluation')
    .set({ spent: sql`spent + ${credits}` })
    .where('id', '=', evaluationId)
    .execute();
}

export async function insertPairs(
  trx: Transaction<Database>,
  pairs: readonly Insertable<Database['evaluation_pair']>[],
): Promise<void> {
  if (pairs.length === 0) return;
  await trx
    .insertInto('evaluation_pair')
    .values(pairs)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Two answers that the judge has still to be asked about. */
export interface UnaskedPair {
  id: string;
  position: number;
  repeat: number;
  lane_a: number;
  lane_b: number;
  first_asked: boolean;
  /** The question of the order that is next, of which nothing came; null: it is asked for the first time. */
  lost_turn_id: string | null;
  prompt: string;
  reference: string | null;
  turn_id: string | null;
}

/** The pair that is next. The second order waits for what is said in the first: where that does not count, it is not asked. */
export async function findUnaskedPair(db: Kysely<Database>, evaluationId: string): Promise<UnaskedPair | undefined> {
  return db
    .selectFrom('evaluation_pair as pair')
    .innerJoin('evaluation_item as item', (join) =>
      join.onRef('item.evaluation_id', '=', 'pair.evaluation_id').onRef('item.position', '=', 'pair.position'),
    )
    .innerJoin('evaluation_ask as ask', (join) =>
      join
        .onRef('ask.evaluation_id', '=', 'pair.evaluation_id')
        .onRef('ask.position', '=', 'pair.position')
        .onRef('ask.repeat', '=', 'pair.repeat'),
    )
    .select(['pair.id', 'pair.position', 'pair.repeat', 'pair.lane_a', 'pair.lane_b', 'pair.first_asked'])
    .select(['item.prompt', 'item.reference', 'ask.turn_id'])
    .select(
      sql<string | null>`case when pair.first_asked then pair.last_turn_id else pair.first_turn_id end`.as(
        'lost_turn_id',
      ),
    )
    .where('pair.evaluation_id', '=', evaluationId)
    .where((eb) => eb.or([eb('pair.first_said', 'is', null), eb('pair.last_said', 'is', null)]))
    .where((eb) =>
      eb.or([
        eb('pair.first_asked', '=', false),
        eb.and([eb('pair.last_asked', '=', false), eb('pair.first_said', 'is not', null)]),
      ]),
    )
    .orderBy('pair.id')
    .limit(1)
    .executeTakeFirst();
}

/** Which answer of a pair the judge reads first: that of `lane_a`, or it last. */
export type JudgeOrder = 'first' | 'last';

/** Notes that the judge was asked, or (null) that it cannot be, unless another process did. */
export async function setJudgeAsked(
  db: Kysely<Database>,
  pairId: string,
  order: JudgeOrder,
  sent: Sent | null,
): Promise<void> {
  const [turnId, most] = [sent?.turnId ?? null, sent?.most ?? 0];
  const said = sent === null ? ('NONE' as const) : null;
  await db
    .updateTable('evaluation_pair')
    .set(
      order === 'first'
        ? { first_asked: true, first_turn_id: turnId, first_most: most, first_said: said }
        : { last_asked: true, last_turn_id: turnId, last_most: most, last_said: said },
    )
    .where('id', '=', pairId)
    .where(order === 'first' ? 'first_asked' : 'last_asked', '=', false)
    .execute();
  if (sent === null) await abstain(db, pairId);
}

/** Asks nothing more about a pair once an order brought nothing that counts. */
async function abstain(db: Kysely<Database>, pairId: string): Promise<void> {
  await db
    .updateTable('evaluation_pair')
    .set({ last_asked: true, last_said: 'NONE' })
    .where('id', '=', pairId)
    .where('first_said', '=', 'NONE')
    .where('last_asked', '=', false)
    .execute();
}

/** Pairs of which the judge's answer is awaited, in words by which their index is found: there may be 20,000 others. */
const isAwaited = sql<boolean>`(
  (pair.first_asked and pair.first_said is null) or (pair.last_asked and pair.last_said is null)
)`;

export interface AnsweredJudging {
  pair_id: string;
  order: JudgeOrder;
  /** What the judge was asked in; null: the conversation was deleted. */
  turn_id: string | null;
  /** The answers that it read. */
  pair: { position: number; turn_id: string | null; lane_a: number; lane_b: number; topic: string | null };
}

/** What the judge has answered since it was looked at. */
export async function findAnsweredJudgings(db: Kysely<Database>, evaluationId: string): Promise<AnsweredJudging[]> {
  const { rows } = await sql<AnsweredJudging>`
    select pair.id as pair_id, asked.order, asked.turn_id,
      json_build_object(
        'position', item.position, 'turn_id', ask.turn_id, 'lane_a', lane_a, 'lane_b', lane_b, 'topic', item.topic
      ) as pair
    from evaluation_pair pair
    join evaluation_item item on item.evaluation_id = pair.evaluation_id and item.position = pair.position
    join evaluation_ask ask on ask.evaluation_id = pair.evaluation_id and ask.position = pair.position
      and ask.repeat = pair.repeat
    cross join lateral (
      values ('first', pair.first_asked and pair.first_said is null, pair.first_turn_id),
        ('last', pair.last_asked and pair.last_said is null, pair.last_turn_id)
    ) as asked ("order", is_open, turn_id)
    where pair.evaluation_id = ${evaluationId}::uuid and ${isAwaited} and asked.is_open
      and not exists (
        select from response where response.turn_id = asked.turn_id and response.lease_until is not null)
  `.execute(db);
  return rows;
}

/** Has the judge asked once more, whose answer is lost; its old turn stays noted, so that it is asked but once more. */
export async function setJudgeLost(
  db: Kysely<Database>,
  { pair_id: id, order }: Pick<AnsweredJudging, 'pair_id' | 'order'>,
): Promise<void> {
  const [asked, said] =
    order === 'first' ? (['first_asked', 'first_said'] as const) : (['last_asked', 'last_said'] as const);
  await db
    .updateTable('evaluation_pair')
    .set({ [asked]: false })
    .where('id', '=', id)
    .where(said, 'is', null)
    .execute();
}

export interface JudgeAnswerRow {
  /** By which the turn was sent. */
  idempotency_key: string | null;
  text: string;
  status: ResponseStatus;
  credits_charged: number | null;
  model_id: string;
  /** The model that answered in its place; null: none did. */
  served_by: string | null;
}

/** The judge's own words in answer to a turn. */
export async function findJudgeAnswer(db: Kysely<Database>, turnId: string): Promise<JudgeAnswerRow | undefined> {
  return db
    .selectFrom('response')
    .innerJoin('turn', 'turn.id', 'response.turn_id')
    .select(['turn.idempotency_key', 'text', 'status', 'credits_charged', 'model_id', 'served_by'])
    .where('turn_id', '=', turnId)
    .where('regenerated', '=', false)
    .executeTakeFirst();
}

export interface SaidPair {
  position: number;
  repeat: number;
  lane_a: number;
  lane_b: number;
  first_said: PairOutcome | 'NONE' | null;
  last_said: PairOutcome | 'NONE' | null;
}

/** Notes what the judge said. @returns undefined if that is known already */
export async function setJudgeSaid(
  trx: Transaction<Database>,
  { pair_id: id, order }: Pick<AnsweredJudging, 'pair_id' | 'order'>,
  said: PairOutcome | 'NONE',
): Promise<SaidPair | undefined> {
  const column = order === 'first' ? 'first_said' : 'last_said';
  const pair = await trx
    .updateTable('evaluation_pair')
    .set({ [column]: said })
    .where('id', '=', id)
    .where(column, 'is', null)
    .returning(['position', 'repeat', 'lane_a', 'lane_b', 'first_said', 'last_said'])
    .executeTakeFirst();
  if (pair && said === 'NONE') await abstain(trx, id);
  return pair;
}

export async function setPairJudged(trx: Transaction<Database>, id: string, judged: PairOutcome): Promise<void> {
  await trx.updateTable('evaluation_pair').set({ judged }).where('id', '=', id).execute();
}

/** What is on its way, and not yet among what was spent. */
export interface UnderWay {
  /** Answers that are being written. */
  live: number;
  /** Credits that are charged or held. */
  credits: number;
  /** Credits that it may come to at most. */
  most: number;
  asks: number;
  judgings: number;
  /** Those of both that have ended, which has not been taken note of. */
  ended: number;
}

export async function findUnderWay(db: Kysely<Database>, evaluationId: string): Promise<UnderWay> {
  const { rows } = await sql<UnderWay>`
    with open (turn_id, is_judging, most) as (
      select turn_id, false, most from evaluation_ask where evaluation_id = ${evaluationId}::uuid and state = 'ASKED'
      union all
      select asked.turn_id, true, asked.most
      from evaluation_pair pair
      cross join lateral (
        values (pair.first_asked and pair.first_said is null, pair.first_turn_id, pair.first_most),
          (pair.last_asked and pair.last_said is null, pair.last_turn_id, pair.last_most)
      ) as asked (is_open, turn_id, most)
      where pair.evaluation_id = ${evaluationId}::uuid and ${isAwaited} and asked.is_open
    ), cost as (
      select turn_id, most, count(lease_until) as live, sum(coalesce(credits_charged, credits_held)) as credits
      from open join response using (turn_id)
      group by turn_id, most
    )
    select
      (select coalesce(sum(live), 0)::int8 from cost) as live,
      (select coalesce(sum(credits), 0)::int8 from cost) as credits,
      (select coalesce(sum(case when live > 0 then greatest(most, credits) else credits end), 0)::int8 from cost) as most,
      (select count(*) from open where not is_judging) as asks,
      (select count(*) from open where is_judging) as judgings,
      (select count(*) from open where not exists (
        select from response where response.turn_id = open.turn_id and lease_until is not null)) as ended
  `.execute(db);
  return rows[0] as UnderWay;
}
