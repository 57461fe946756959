import { type Insertable, type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import type { Shortening } from '../agents/agent-tables.ts';
import type { Database, ResponseStatus, StoredMerge } from '../database.ts';
import { hasImage } from '../versions.ts';
import { isHidden } from './hidden-turns.ts';
import type { VerdictKind } from './verdict-tables.ts';

/** A verdict, and which of the compared answers it says are best. */
export interface VerdictRow extends Omit<Selectable<Database['verdict']>, 'team_id' | 'pair_id' | 'cluster_id'> {
  /** Whether there is still time to change it. */
  changeable: boolean;
  contestants: ContestantRow[];
}

/** An answer that was compared. */
export interface ContestantRow {
  lane: number;
  responseId: string;
  modelId: string;
  best: boolean;
}

/** So long after it was first given a verdict may be changed. */
const changeable = sql<boolean>`verdict.created_at > clock_timestamp() - interval '1 day'`;

const contestants = sql<ContestantRow[]>`(
  select json_agg(
    json_build_object('lane', lane, 'responseId', response_id, 'modelId', model_id, 'best', best) order by lane
  )
  from verdict_contestant where verdict_id = verdict.id
)`;

function selectVerdicts(db: Kysely<Database>) {
  return db
    .selectFrom('verdict')
    .select(['verdict.id', 'turn_id', 'judge_number', 'kind', 'topic', 'note', 'blind', 'unpaced', 'named'])
    .select(['created_at', 'changed_at', changeable.as('changeable'), contestants.as('contestants')]);
}

/** The verdicts of these ids that the member gave. */
export async function findVerdicts(
  db: Kysely<Database>,
  userId: string,
  ids: readonly string[],
): Promise<VerdictRow[]> {
  return ofMember(db, userId).where('verdict.id', 'in', ids).execute();
}

/** The member's verdicts on these turns. */
export async function findVerdictsOfTurns(
  db: Kysely<Database>,
  userId: string,
  turnIds: readonly string[],
): Promise<VerdictRow[]> {
  return ofMember(db, userId).where('turn_id', 'in', turnIds).execute();
}

function ofMember(db: Kysely<Database>, userId: string) {
  const number = db.selectFrom('judge').select('number').where('user_id', '=', userId);
  return selectVerdicts(db).where('judge_number', '=', number);
}

export async function findVerdictOfJudge(
  trx: Transaction<Database>,
  { turnId, judgeNumber }: { turnId: string; judgeNumber: number },
): Promise<VerdictRow | undefined> {
  return selectVerdicts(trx).where('turn_id', '=', turnId).where('judge_number', '=', judgeNumber).executeTakeFirst();
}

/** A member or a model; the other one is null. */
export type JudgeKey = { user_id: string; model_id: null } | { user_id: null; model_id: string };

export async function hasJudged(db: Kysely<Database>, key: JudgeKey, turnId: string): Promise<boolean> {
  const verdict = await db
    .selectFrom('verdict')
    .innerJoin('judge', 'judge.number', 'judge_number')
    .select('verdict.id')
    .where('turn_id', '=', turnId)
    .where(key.user_id === null ? 'judge.model_id' : 'judge.user_id', '=', key.user_id ?? key.model_id)
    .executeTakeFirst();
  return verdict !== undefined;
}

/** The number of the judge, who is added if they have never judged. */
export async function requireJudgeNumber(trx: Transaction<Database>, key: JudgeKey): Promise<number> {
  const column = key.user_id === null ? 'model_id' : 'user_id';
  const find = () =>
    trx
      .selectFrom('judge')
      .select('number')
      .where(column, '=', key.user_id ?? key.model_id)
      .executeTakeFirst();
  // A number that an insert did not need would be left out for ever.
  const known = await find();
  if (known) return known.number;
  await trx
    .insertInto('judge')
    .values(key)
    .onConflict((conflict) => conflict.column(column).doNothing())
    .execute();
  const made = await find();
  if (!made) throw new Error('A judge could not be added.');
  return made.number;
}

/** What decides whether a response is compared, without its texts. */
export interface ComparedRow {
  id: string;
  turn_id: string;
  lane: number;
  model_id: string;
  served_by: string | null;
  status: ResponseStatus;
  shortened_by: Shortening | null;
  merge: StoredMerge | null;
  continues_id: string | null;
  credit_account_id: string | null;
  credits_charged: number | null;
  first_token_ms: number | null;
  output_tokens: number | null;
  /** Whether it has a word or an image. */
  has_content: boolean;
  created_at: Date;
  chosen_at: Date | null;
  finished_at: Date | null;
}

/** The beginning of a long text is read without the rest of it, and is seldom blank. */
const hasText = sql<boolean>`case when left(text, 1000) ~ '[^[:space:]]' then true else text ~ '[^[:space:]]' end`;

/**
 * All responses of these turns, whosever they are, by turn, lane and age. A turn that was imported has none: its answers
 * were not given here.
 */
export async function findComparedResponses(db: Kysely<Database>, turnIds: readonly string[]): Promise<ComparedRow[]> {
  return db
    .selectFrom('response')
    .select(['id', 'turn_id', 'lane', 'model_id', 'served_by', 'status', 'shortened_by', 'merge', 'continues_id'])
    .select(['credit_account_id', 'credits_charged', 'first_token_ms', 'output_tokens'])
    .select(['created_at', 'chosen_at', 'finished_at'])
    .select(sql<boolean>`${hasText} or ${hasImage}`.as('has_content'))
    .where('turn_id', 'in', db.selectFrom('turn').select('id').where('id', 'in', turnIds).where('imported', '=', false))
    .orderBy('turn_id')
    .orderBy('lane')
    .orderBy('created_at')
    .orderBy('id')
    .$narrowType<{ turn_id: string }>()
    .execute();
}

/** All that a reader is shown of an answer. */
export interface ShownTexts {
  id: string;
  text: string;
  reasoning: string;
  refusal: string | null;
}

export async function findShownTexts(db: Kysely<Database>, ids: readonly string[]): Promise<ShownTexts[]> {
  return db.selectFrom('response').select(['id', 'text', 'reasoning', 'refusal']).where('id', 'in', ids).execute();
}

/** The answers of the hidden turns before a turn of its branch, if that is hidden itself. */
export async function findHiddenAnswersBefore(
  db: Kysely<Database>,
  turnId: string,
): Promise<{ id: string; model_id: string }[]> {
  const { rows } = await sql<{ id: string; model_id: string }>`
    with recursive before as (
      select parent_id from turn where id = ${turnId}::uuid and ${isHidden('turn')}
      union all
      select turn.parent_id from turn join before on turn.id = before.parent_id
    )
    select response.id, model_id from before join turn on turn.id = before.parent_id and ${isHidden('turn')}
      join response on response.turn_id = turn.id
    where response.finished_at is not null`.execute(db);
  return rows;
}

export type JudgedTurnRow = Pick<
  Selectable<Database['turn']>,
  'id' | 'user_id' | 'imported' | 'blind' | 'revealed_at' | 'unpaced'
>;

const judgedColumns = ['id', 'user_id', 'imported', 'blind', 'revealed_at', 'unpaced'] as const;

/** The turn, whosever it is. */
export async function findJudgedTurn(db: Kysely<Database>, id: string): Promise<JudgedTurnRow | undefined> {
  return db.selectFrom('turn').select(judgedColumns).where('id', '=', id).executeTakeFirst();
}

/** `findJudgedTurn` for who judges it: two verdicts, or a verdict and the deletion of the turn, wait for each other. */
export async function lockJudgedTurn(trx: Transaction<Database>, id: string): Promise<JudgedTurnRow | undefined> {
  return trx.selectFrom('turn').select(judgedColumns).where('id', '=', id).forNoKeyUpdate().executeTakeFirst();
}

export interface NewVerdict extends Omit<Insertable<Database['verdict']>, 'created_at' | 'changed_at' | 'cluster_id'> {
  /** What stands for the prompt. A hash of it is kept, which tells nobody which turn it is. */
  prompt: string;
}
export type NewContestant = Omit<Insertable<Database['verdict_contestant']>, 'verdict_id'>;

export async function insertVerdict(
  trx: Transaction<Database>,
  { prompt, ...verdict }: NewVerdict,
  contestants: readonly NewContestant[],
): Promise<void> {
  // The hash is that of the migration that gave older verdicts theirs.
  const cluster_id = sql<string>`left(encode(sha256(convert_to(${prompt}::text, 'UTF8')), 'hex'), 32)::uuid`;
  await trx
    .insertInto('verdict')
    .values({ ...verdict, cluster_id })
    .execute();
  const rows = contestants.map((contestant) => ({ ...contestant, verdict_id: verdict.id }));
  await trx.insertInto('verdict_contestant').values(rows).execute();
}

export interface ChangedVerdict {
  id: string;
  kind: VerdictKind;
  topic: string | null;
  note: string | null;
  blind: boolean;
  /** Those of the contestants that are best from now on. */
  bestIds: readonly string[];
}

export async function setVerdict(
  trx: Transaction<Database>,
  { id, bestIds, ...changes }: ChangedVerdict,
): Promise<void> {
  await trx
    .updateTable('verdict')
    .set({ ...changes, changed_at: sql<Date>`clock_timestamp()` })
    .where('id', '=', id)
    .execute();
  await trx
    .updateTable('verdict_contestant')
    .set({ best: sql<boolean>`response_id = any(${[...bestIds]}::uuid[])` })
    .where('verdict_id', '=', id)
    .execute();
}

/** Takes the member's name off their verdicts, and what they wrote beside them. */
export async function forgetJudge(trx: Kysely<Database>, userId: string): Promise<void> {
  const number = trx.selectFrom('judge').select('number').where('user_id', '=', userId);
  await trx
    .updateTable('verdict')
    .set({ note: null })
    .where('judge_number', '=', number)
    .where('note', 'is not', null)
    .execute();
  await trx.updateTable('judge').set({ user_id: null }).where('user_id', '=', userId).execute();
}

export interface TopicRow {
  topic: string;
  verdicts: number;
}

/** The topics that members gave their verdicts, the most frequent first. */
export async function findTopics(db: Kysely<Database>, limit: number): Promise<TopicRow[]> {
  return db
    .selectFrom('verdict')
    .select((eb) => eb.fn.countAll<number>().as('verdicts'))
    .select('topic')
    .where('topic', 'is not', null)
    .groupBy('topic')
    .orderBy('verdicts', 'desc')
    .orderBy('topic')
    .limit(limit)
    .$narrowType<{ topic: string }>()
    .execute();
}
