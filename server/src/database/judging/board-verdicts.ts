import { type Expression, type Kysely, type SqlBool, sql } from 'kysely';
import type { Database } from '../database.ts';

/** Which verdicts a leaderboard counts. */
export interface BoardFilter {
  from: Date | null;
  /** Not included. */
  to: Date | null;
  topic: string | null;
  /** The team that paid for the answers; null: whoever paid. */
  teamId: string | null;
  source: 'MEMBERS' | 'JUDGES';
  /** Whether the judge must not have known the models, and neither an answer nor its speed may have told. */
  blindOnly: boolean;
}

export interface BoardVerdictRow {
  id: string;
  /** The same for all verdicts on a prompt. */
  cluster_id: string;
  judge_number: number;
  created_at: Date;
  /**
   * By lane: its model, a number of 53 bits that stands for the answer, whether it is best, whether it is a merge, credits,
   * first token, output tokens and characters.
   */
  contestants: [string, number, boolean, boolean, number, number | null, number | null, number][];
}

/** The verdicts before this one, the newest first. */
export async function findBoardVerdicts(
  db: Kysely<Database>,
  filter: BoardFilter,
  { before, limit }: { before: Pick<BoardVerdictRow, 'id' | 'created_at'> | null; limit: number },
): Promise<BoardVerdictRow[]> {
  return db
    .selectFrom('verdict')
    .innerJoin('judge', 'judge.number', 'judge_number')
    .select(['verdict.id', 'cluster_id', 'judge_number', 'created_at', contestants.as('contestants')])
    .where(isOnBoard(filter))
    .$if(filter.blindOnly, (select) => select.where(isBlind))
    .$if(before !== null, (select) =>
      // The first condition lets the index of the times find where the page begins.
      select
        .where('created_at', '<=', before?.created_at as Date)
        .where(sql<boolean>`(created_at, verdict.id) < (${before?.created_at}::timestamptz, ${before?.id}::uuid)`),
    )
    .orderBy('created_at', 'desc')
    .orderBy('verdict.id', 'desc')
    .limit(limit)
    .execute();
}

// Of 200,000 verdicts, ids would fill the memory. That two answers have one number is less likely than one in ten thousand.
const answerNumber = sql`(uuid_hash_extended(response_id, 0) & ${sql.lit(Number.MAX_SAFE_INTEGER)}::bigint)`;

const contestants = sql<BoardVerdictRow['contestants']>`(
  select json_agg(
    json_build_array(
      model_id, ${answerNumber}, best, merged, credits, first_token_ms, output_tokens, characters
    ) order by lane
  )
  from verdict_contestant where verdict_id = verdict.id
)`;

const isBlind = sql<SqlBool>`(blind and not named and not unpaced)`;

function isOnBoard({ from, to, topic, teamId, source }: BoardFilter): Expression<SqlBool> {
  return sql<SqlBool>`(
    ${source === 'JUDGES' ? sql`judge.model_id is not null` : sql`judge.model_id is null`}
    ${from ? sql`and created_at >= ${from}` : sql``}
    ${to ? sql`and created_at < ${to}` : sql``}
    ${topic === null ? sql`` : sql`and topic = ${topic}`}
    ${teamId === null ? sql`` : sql`and team_id = ${teamId}`}
  )`;
}

/** Verdicts that a board of blind ones leaves out, each counted once. */
export interface LeftOutRow {
  /** The judge knew the models. */
  open: number;
  /** An answer names its model or maker. */
  named: number;
  /** The judge saw the models' own speeds. */
  unpaced: number;
}

export async function countLeftOut(db: Kysely<Database>, filter: BoardFilter): Promise<LeftOutRow> {
  return db
    .selectFrom('verdict')
    .innerJoin('judge', 'judge.number', 'judge_number')
    .select([
      sql<number>`count(*) filter (where not blind)`.as('open'),
      sql<number>`count(*) filter (where blind and named)`.as('named'),
      sql<number>`count(*) filter (where blind and not named and unpaced)`.as('unpaced'),
    ])
    .where(isOnBoard(filter))
    .executeTakeFirstOrThrow();
}

/** Tells two states of all verdicts apart: it changes when one is given, changed or deleted, in whichever process. */
export async function findVerdictsVersion(db: Kysely<Database>): Promise<string> {
  const { version } = await db
    .selectFrom('verdict')
    // Each row has the number of the transaction that wrote it last.
    .select(sql<string>`concat(count(*), ':', sum(verdict.xmin::text::bigint))`.as('version'))
    .executeTakeFirstOrThrow();
  return version;
}
