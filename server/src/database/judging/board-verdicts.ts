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

/** Where a page of verdicts ends, and the next one begins: at its last verdict. */
export interface BoardPlace {
  id: string;
  /** Milliseconds since 1970. */
  at: number;
}

/**
 * A page's verdicts, or a contestant's answers that they compared. A row for each of these would take longer to send and to read
 * than to find, so that a text has them all: whole numbers with spaces between them, in any order.
 */
export interface BoardRow {
  /** Null: the text is of verdicts. */
  model_id: string | null;
  merged: boolean | null;
  /** How many verdicts or answers it has. */
  count: number;
  /**
   * Of each verdict its place in the page, the newest first, its judge's number, its cluster's, and its time in milliseconds since
   * 1970. Of each answer the verdict's place, the lane, whether it is best (1 or 0), a number of 53 bits that stands for the
   * answer, credits, first token, output tokens and characters; -1: there is none. Null: there is no verdict.
   */
  numbers: string | null;
  /** The id of the page's last verdict; null: the page is not full, or the text is of answers. */
  last_id: string | null;
}

/** The verdicts behind this place, the newest first: one row of them, and one of each contestant. */
export async function findBoardPage(
  db: Kysely<Database>,
  filter: BoardFilter,
  { behind, limit }: { behind: BoardPlace | null; limit: number },
): Promise<BoardRow[]> {
  // The first condition lets the index of the times find where the page begins.
  const isBehind = behind
    ? sql`and created_at <= ${new Date(behind.at)} and (created_at, verdict.id) < (${new Date(behind.at)}, ${behind.id}::uuid)`
    : sql``;
  const cluster = filter.source === 'MEMBERS' ? sql`judge_number` : numberOf('cluster_id');
  const { rows } = await sql<BoardRow>`
    with judged as materialized (
      select id, judge_number, cluster, created_at, row_number() over (order by created_at desc, id desc) - 1 as place
      from (
        select verdict.id, judge_number, ${cluster} as cluster, created_at
        from verdict join judge on judge.number = judge_number
        where ${isOnBoard(filter)} ${filter.blindOnly ? sql`and ${isBlind}` : sql``} ${isBehind}
        order by created_at desc, verdict.id desc limit ${limit}
      ) as newest
    )
    select null as model_id, null::boolean as merged, count(*) as count,
      string_agg(concat_ws(' ',
        place, judge_number, cluster, round(date_part('epoch', created_at) * 1000)::bigint
      ), ' ') as numbers,
      (select id from judged where place = ${limit}::bigint - 1) as last_id
    from judged
    union all
    select model_id, merged, count(*),
      string_agg(concat_ws(' ',
        place, lane, best::integer, ${numberOf('response_id')}, credits, coalesce(first_token_ms, -1),
        coalesce(output_tokens, -1), characters
      ), ' '), null
    from judged join verdict_contestant on verdict_id = judged.id group by model_id, merged`.execute(db);
  return rows;
}

/** A number for an id: of 200,000 verdicts, ids would fill the memory. That two have one is less likely than one in ten thousand. */
function numberOf(column: string) {
  return sql`(uuid_hash_extended(${sql.ref(column)}, 0) & ${sql.lit(Number.MAX_SAFE_INTEGER)}::bigint)`;
}

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
