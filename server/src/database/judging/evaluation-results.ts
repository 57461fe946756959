import { type Kysely, type Selectable, sql } from 'kysely';
import type { Database } from '../database.ts';
import { isCounted } from './asked-again.ts';
import type { AskState, PairOutcome } from './evaluation-tables.ts';

export type EvaluationItemRow = Selectable<Database['evaluation_item']>;

/** The prompts behind this position, in order. */
export async function findEvaluationItems(
  db: Kysely<Database>,
  evaluationId: string,
  { after = -1, limit }: { after?: number; limit: number },
): Promise<EvaluationItemRow[]> {
  return db
    .selectFrom('evaluation_item')
    .selectAll()
    .where('evaluation_id', '=', evaluationId)
    .where('position', '>', after)
    .orderBy('position')
    .limit(limit)
    .execute();
}

export async function countEvaluationItems(db: Kysely<Database>, evaluationId: string): Promise<number> {
  const { count } = await db
    .selectFrom('evaluation_item')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('evaluation_id', '=', evaluationId)
    .executeTakeFirstOrThrow();
  return count;
}

/** How many sendings are in each state. */
export async function countAsks(db: Kysely<Database>, evaluationId: string): Promise<Map<AskState, number>> {
  const rows = await db
    .selectFrom('evaluation_ask')
    .select(['state', (eb) => eb.fn.countAll<number>().as('count')])
    .where('evaluation_id', '=', evaluationId)
    .groupBy('state')
    .execute();
  return new Map(rows.map(({ state, count }) => [state, count]));
}

/** Answers of a model to a prompt, or to all of them, in figures. */
export interface CellRow {
  position: number;
  lane: number;
  answers: number;
  completed: number;
  live: number;
  /** Charged. */
  credits: number;
  /** Of the completed ones, on average; null: there is none. */
  characters: number | null;
  output_tokens: number | null;
  first_token_ms: number | null;
}

const cellColumns = sql`
  count(*) as answers,
  count(*) filter (where status = 'COMPLETED') as completed,
  count(*) filter (where lease_until is not null) as live,
  coalesce(sum(credits_charged), 0)::int8 as credits,
  (avg(length(text)) filter (where status = 'COMPLETED'))::float8 as characters,
  (avg(output_tokens) filter (where status = 'COMPLETED'))::float8 as output_tokens,
  (percentile_cont(0.5) within group (order by first_token_ms) filter (where status = 'COMPLETED'))::float8
    as first_token_ms`;

/** The cells of these prompts. */
export async function findCells(
  db: Kysely<Database>,
  evaluationId: string,
  positions: readonly number[],
): Promise<CellRow[]> {
  if (positions.length === 0) return [];
  const { rows } = await sql<CellRow>`
    select ask.position, lane, ${cellColumns}
    from evaluation_ask ask join response on response.turn_id = ask.turn_id and ${isCounted}
    where ask.evaluation_id = ${evaluationId}::uuid and ask.position = any(${positions}::integer[])
    group by ask.position, lane`.execute(db);
  return rows;
}

/** One cell a model, of all prompts together; its position means nothing. */
export async function findLaneSums(db: Kysely<Database>, evaluationId: string): Promise<CellRow[]> {
  const { rows } = await sql<CellRow>`
    select 0 as position, lane, ${cellColumns}
    from evaluation_ask ask join response on response.turn_id = ask.turn_id and ${isCounted}
    where ask.evaluation_id = ${evaluationId}::uuid
    group by lane order by lane`.execute(db);
  return rows;
}

export type JudgedBy = 'MEMBERS' | 'JUDGES';

/** Whose verdicts are counted, and of which prompts. */
export interface SaidFilter {
  by: JudgedBy;
  /** Absent: of all prompts. */
  positions?: readonly number[];
  /** Of these prompts none. */
  without?: readonly number[];
}

/**
 * What the judge model says of each pair, or the first person who judged it blind, by lanes; NONE: it was judged, and that counts
 * for nobody.
 */
function pairTable(db: Kysely<Database>, evaluationId: string, { by, positions, without = [] }: SaidFilter) {
  const pairs = db
    .selectFrom('evaluation_pair as pair')
    .select(['position', 'repeat', 'lane_a', 'lane_b'])
    .where('pair.evaluation_id', '=', evaluationId)
    .$if(positions !== undefined, (query) => query.where(sql<boolean>`position = any(${positions ?? []}::integer[])`))
    .$if(without.length > 0, (query) => query.where(sql<boolean>`position <> all(${without}::integer[])`));
  if (by === 'JUDGES') {
    return pairs
      .select(sql<PairOutcome | 'NONE'>`coalesce(judged, 'NONE')`.as('said'))
      .where('first_said', 'is not', null)
      .where('last_said', 'is not', null);
  }
  return pairs
    .innerJoin('evaluation_verdict as verdict', 'verdict.pair_id', 'pair.id')
    .distinctOn('pair.id')
    .select(sql<PairOutcome | 'NONE'>`case said when 'ALL_BAD' then 'NONE' else said end`.as('said'))
    .where('said', 'is not', null)
    .where('blind', '=', true)
    .orderBy('pair.id')
    .orderBy('judged_at');
}

/** Comparisons of a model's answers to a prompt, or to all of them. */
export interface ScoreRow {
  position: number;
  lane: number;
  wins: number;
  losses: number;
  ties: number;
}

/** How each model compares: of each prompt for itself, else of all together, whose position is then 0. */
export async function findScores(
  db: Kysely<Database>,
  evaluationId: string,
  { perPrompt, ...filter }: SaidFilter & { perPrompt: boolean },
): Promise<ScoreRow[]> {
  const { rows } = await sql<ScoreRow>`
    select place.position, side.lane,
      count(*) filter (where said = side.letter) as wins,
      count(*) filter (where said not in (side.letter, 'TIE', 'NONE')) as losses,
      count(*) filter (where said = 'TIE') as ties
    from (${pairTable(db, evaluationId, filter)}) pair
    cross join lateral (values (lane_a, 'A'), (lane_b, 'B')) as side (lane, letter)
    cross join lateral (values (case when ${perPrompt}::boolean then pair.position else 0 end)) as place (position)
    group by place.position, side.lane`.execute(db);
  return rows;
}

/** How many prompts each of two lanes won against the other one. */
export interface PairScoreRow {
  a: number;
  b: number;
  aWins: number;
  bWins: number;
}

/**
 * How many prompts each model wins against each other one. A prompt counts once, when all of its repeats are judged, and
 * for the model that won more of them: verdicts on the same prompt are no independent ones.
 */
export async function findPairScores(
  db: Kysely<Database>,
  { id, repeats }: { id: string; repeats: number },
  filter: SaidFilter,
): Promise<PairScoreRow[]> {
  const { rows } = await sql<PairScoreRow>`
    select lane_a as a, lane_b as b, count(*) filter (where balance > 0) as "aWins",
      count(*) filter (where balance < 0) as "bWins"
    from (
      select position, lane_a, lane_b, sum(case said when 'A' then 1 when 'B' then -1 else 0 end) as balance
      from (${pairTable(db, id, filter)}) pair
      group by position, lane_a, lane_b having count(*) >= ${repeats}
    ) as prompt
    group by lane_a, lane_b order by lane_a, lane_b`.execute(db);
  return rows;
}

/** A prompt that the user still judges blind. */
export interface BlindPromptRow {
  position: number;
  /** Whether the user has judged one of its pairs. */
  begun: boolean;
}

/**
 * The prompts of which pairs are left for the user, and whose answers they have not read beside their models' names.
 *
 * @param positions of these prompts only; absent: of all
 */
export async function findBlindPrompts(
  db: Kysely<Database>,
  evaluationId: string,
  userId: string,
  positions?: readonly number[],
): Promise<BlindPromptRow[]> {
  const isAsked = positions ? sql`and item.position = any(${positions}::integer[])` : sql``;
  const { rows } = await sql<BlindPromptRow>`
    with own as (
      select pair.id, pair.position from evaluation_verdict verdict join evaluation_pair pair on pair.id = verdict.pair_id
      where pair.evaluation_id = ${evaluationId}::uuid and verdict.user_id = ${userId} and verdict.said is not null
    )
    select item.position, item.position in (select position from own) as begun
    from evaluation_item item
    where item.evaluation_id = ${evaluationId}::uuid ${isAsked}
      and exists (
        select from evaluation_pair pair
        join evaluation_ask ask on ask.evaluation_id = pair.evaluation_id and ask.position = pair.position
          and ask.repeat = pair.repeat
        where pair.evaluation_id = item.evaluation_id and pair.position = item.position and ask.turn_id is not null
          and not exists (select from own where own.id = pair.id))
      and not exists (
        select from evaluation_opening opening
        where opening.evaluation_id = item.evaluation_id and opening.position = item.position
          and opening.user_id = ${userId})`.execute(db);
  return rows;
}

/** What the judge model and people say of the pairs that both have judged. */
export async function findBothSaid(
  db: Kysely<Database>,
  evaluationId: string,
): Promise<{ judged: PairOutcome; people: (PairOutcome | 'ALL_BAD')[] }[]> {
  return db
    .selectFrom('evaluation_pair as pair')
    .innerJoin('evaluation_verdict as verdict', 'verdict.pair_id', 'pair.id')
    .select(({ ref }) => ref('pair.judged').$castTo<PairOutcome>().as('judged'))
    .select(sql<(PairOutcome | 'ALL_BAD')[]>`array_agg(said order by judged_at)`.as('people'))
    .where('pair.evaluation_id', '=', evaluationId)
    .where('pair.judged', 'is not', null)
    .where('said', 'is not', null)
    .where('blind', '=', true)
    .groupBy(['pair.id', 'pair.judged'])
    .execute();
}

export interface JudgingCounts {
  pairs: number;
  /** Pairs on which the judge model was asked both times, and those on which it abstains. */
  judged: number;
  abstained: number;
  /** People's verdicts, those of them that are blind, and by how many people. */
  verdicts: number;
  blind: number;
  people: number;
}

export async function countJudging(db: Kysely<Database>, evaluationId: string): Promise<JudgingCounts> {
  const { rows } = await sql<JudgingCounts>`
    select * from (
      select count(*) as pairs,
        count(*) filter (where first_said is not null and last_said is not null) as judged,
        count(*) filter (where first_said is not null and last_said is not null and judged is null) as abstained
      from evaluation_pair where evaluation_id = ${evaluationId}::uuid
    ) as pair, (
      select count(*) as verdicts, count(*) filter (where blind) as blind, count(distinct user_id) as people
      from evaluation_verdict join evaluation_pair pair on pair.id = pair_id
      where pair.evaluation_id = ${evaluationId}::uuid and said is not null
    ) as verdict`.execute(db);
  return rows[0] as JudgingCounts;
}

/** The texts of a turn's answers that count, by lane. */
export async function findLaneTexts(
  db: Kysely<Database>,
  userId: string,
  turnId: string,
): Promise<{ lane: number; text: string }[]> {
  return db
    .selectFrom('response')
    .select(['lane', 'text'])
    .where('user_id', '=', userId)
    .where('turn_id', '=', turnId)
    .where(isCounted)
    .orderBy('lane')
    .execute();
}

export interface AnswerRow {
  position: number;
  repeat: number;
  lane: number;
  model_id: string;
  served_by: string | null;
  status: Selectable<Database['response']>['status'];
  text: string;
  failure_message: string | null;
  finish_reason: string | null;
  credits_charged: number | null;
  input_tokens: number | null;
  output_tokens: number | null;
  first_token_ms: number | null;
  duration_ms: number | null;
}

/** All answers to one prompt, by repeat and lane. */
export async function findAnswersTo(
  db: Kysely<Database>,
  evaluationId: string,
  position: number,
): Promise<AnswerRow[]> {
  return db
    .selectFrom('evaluation_ask as ask')
    .innerJoin('response', 'response.turn_id', 'ask.turn_id')
    .select(['ask.position', 'ask.repeat', 'lane', 'model_id', 'served_by', 'status', 'text', 'failure_message'])
    .select(['finish_reason', 'credits_charged', 'input_tokens', 'output_tokens', 'first_token_ms', 'duration_ms'])
    .where('ask.evaluation_id', '=', evaluationId)
    .where('ask.position', '=', position)
    .where(isCounted)
    .orderBy('ask.repeat')
    .orderBy('lane')
    .execute();
}

/** Notes that the user has read answers to these prompts, or to all, beside their models' names. */
export async function noteOpening(
  db: Kysely<Database>,
  { evaluationId, userId }: { evaluationId: string; userId: string },
  position: number | null,
): Promise<void> {
  await sql`
    insert into evaluation_opening (evaluation_id, position, user_id)
    select evaluation_id, position, ${userId} from evaluation_item
    where evaluation_id = ${evaluationId}::uuid and (${position}::integer is null or position = ${position}::integer)
    on conflict do nothing`.execute(db);
}
