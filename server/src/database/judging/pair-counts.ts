import { type Kysely, sql } from 'kysely';
import type { Database } from '../database.ts';

export interface PairCountRow {
  /** The first of the two by its id. */
  one: string;
  other: string;
  verdicts: number;
}

/** How many verdicts compared each two models. Reads all verdicts. */
export async function countVerdictsOfPairs(db: Kysely<Database>): Promise<PairCountRow[]> {
  const { rows } = await sql<PairCountRow>`
    select one.model_id as one, other.model_id as other, count(*)::integer as verdicts
    from verdict_contestant one
      join verdict_contestant other on other.verdict_id = one.verdict_id and other.model_id > one.model_id
    group by one.model_id, other.model_id`.execute(db);
  return rows;
}
