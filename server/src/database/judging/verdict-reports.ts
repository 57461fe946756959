import { type Kysely, type Selectable, sql } from 'kysely';
import type { Database } from '../database.ts';

/** A verdict without names and texts, as it may be told to all members. */
export interface ReportedVerdictRow
  extends Pick<
    Selectable<Database['verdict']>,
    | 'id'
    | 'judge_number'
    | 'kind'
    | 'topic'
    | 'blind'
    | 'unpaced'
    | 'named'
    | 'cluster_id'
    | 'created_at'
    | 'changed_at'
  > {
  /** The model that judged; null: a member did. */
  judge_model_id: string | null;
  contestants: ReportedContestantRow[];
}

export type ReportedContestantRow = Omit<Selectable<Database['verdict_contestant']>, 'verdict_id' | 'response_id'>;

export interface VerdictFilter {
  from: Date | null;
  /** Not included. */
  to: Date | null;
  topic: string | null;
}

export type VerdictPlace = Pick<ReportedVerdictRow, 'created_at' | 'id'>;

/** The verdicts behind this one, by time. */
export async function findVerdictReports(
  db: Kysely<Database>,
  { from, to, topic }: VerdictFilter,
  { after, limit }: { after: VerdictPlace | null; limit: number },
): Promise<ReportedVerdictRow[]> {
  return db
    .selectFrom('verdict')
    .innerJoin('judge', 'judge.number', 'judge_number')
    .select(['verdict.id', 'judge_number', 'judge.model_id as judge_model_id', 'kind', 'topic', 'blind', 'unpaced'])
    .select(['named', 'cluster_id', 'created_at', 'changed_at', contestants.as('contestants')])
    .$if(from !== null, (select) => select.where('created_at', '>=', from as Date))
    .$if(to !== null, (select) => select.where('created_at', '<', to as Date))
    .$if(topic !== null, (select) => select.where('topic', '=', topic as string))
    .$if(after !== null, (select) =>
      select.where(sql<boolean>`(created_at, verdict.id) > (${after?.created_at}::timestamptz, ${after?.id}::uuid)`),
    )
    .orderBy('created_at')
    .orderBy('verdict.id')
    .limit(limit)
    .execute();
}

const contestants = sql<ReportedContestantRow[]>`(
  select json_agg(
    json_build_object(
      'lane', lane, 'model_id', model_id, 'best', best, 'merged', merged, 'credits', credits,
      'first_token_ms', first_token_ms, 'output_tokens', output_tokens, 'characters', characters
    ) order by lane
  )
  from verdict_contestant where verdict_id = verdict.id
)`;

export interface OwnVerdictRow extends Omit<ReportedVerdictRow, 'judge_model_id' | 'judge_number' | 'cluster_id'> {
  turn_id: string | null;
  note: string | null;
}

/** The member's verdicts behind this one, by time. */
export async function findOwnVerdicts(
  db: Kysely<Database>,
  userId: string,
  { after, limit }: { after: VerdictPlace | null; limit: number },
): Promise<OwnVerdictRow[]> {
  return db
    .selectFrom('verdict')
    .select(['id', 'turn_id', 'kind', 'topic', 'note', 'blind', 'unpaced', 'named', 'created_at', 'changed_at'])
    .select(contestants.as('contestants'))
    .where('judge_number', '=', db.selectFrom('judge').select('number').where('user_id', '=', userId))
    .$if(after !== null, (select) =>
      select.where(sql<boolean>`(created_at, id) > (${after?.created_at}::timestamptz, ${after?.id}::uuid)`),
    )
    .orderBy('created_at')
    .orderBy('id')
    .limit(limit)
    .execute();
}
