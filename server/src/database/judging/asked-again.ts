import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely';
import type { Database } from '../database.ts';

/*
 * An answer of an evaluation is lost if its process ended before it had written anything that costs something. It is asked
 * for again, as one more response in its lane.
 */

/** Whether the response in the row of this name is lost. */
function isLost(response: string): RawBuilder<boolean> {
  const of = (column: string) => sql.ref(`${response}.${column}`);
  return sql<boolean>`(${of('status')} = 'INTERRUPTED' and coalesce(${of('credits_charged')}, 0) = 0)`;
}

/** Whether the row of `response` is the answer that counts in its lane: the first that is not lost. */
export const isCounted: RawBuilder<boolean> = sql<boolean>`(
  response.merge is null and not exists (
    select from response other
    where other.turn_id = response.turn_id and other.lane = response.lane and other.id <> response.id
      and (${isLost('other')}, other.created_at, other.id)
        < (${isLost('response')}, response.created_at, response.id)
  )
)`;

/** Names one sending of a prompt. */
export interface AskKey {
  evaluationId: string;
  position: number;
  repeat: number;
}

export interface LostAnswerRow {
  id: string;
  position: number;
  repeat: number;
  model_id: string;
  prompt: string;
}

/** The answers of prompts that have ended which are lost, of lanes with fewer than `triesMax` responses. */
export async function findLostAnswers(
  db: Kysely<Database>,
  evaluationId: string,
  { triesMax, limit }: { triesMax: number; limit: number },
): Promise<LostAnswerRow[]> {
  const { rows } = await sql<LostAnswerRow>`
    select response.id, ask.position, ask.repeat, response.model_id, item.prompt
    from evaluation_ask ask
    join evaluation_item item on item.evaluation_id = ask.evaluation_id and item.position = ask.position
    join response on response.turn_id = ask.turn_id and ${isLost('response')} and ${isCounted}
    where ask.evaluation_id = ${evaluationId}::uuid and ask.state = 'ENDED'
      and ${triesMax} > (
        select count(*) from response try where try.turn_id = response.turn_id and try.lane = response.lane)
    order by ask.place, response.lane
    limit ${limit}`.execute(db);
  return rows;
}

/**
 * Opens a prompt again that has ended: what its answers cost is counted anew when it ends the next time.
 *
 * @param most credits that the answer which is asked for again may cost
 */
export async function reopenAsk(
  trx: Transaction<Database>,
  { evaluationId, position, repeat }: AskKey,
  most: number,
): Promise<void> {
  await sql`
    with reopened as (
      update evaluation_ask ask set state = 'ASKED', most = cost.credits + ${most}
      from (
        select coalesce(sum(credits_charged), 0)::int8 as credits
        from evaluation_ask asked join response on response.turn_id = asked.turn_id and ${isCounted}
        where asked.evaluation_id = ${evaluationId}::uuid and asked.position = ${position} and asked.repeat = ${repeat}
      ) as cost
      where ask.evaluation_id = ${evaluationId}::uuid and ask.position = ${position} and ask.repeat = ${repeat}
        and ask.state = 'ENDED'
      returning cost.credits
    )
    update evaluation set spent = spent - (select credits from reopened)
    where id = ${evaluationId}::uuid and exists (select from reopened)`.execute(trx);
}

/** Answers that a process left half-written: what they had written was charged, so they are not asked for again. */
export async function countCutOff(db: Kysely<Database>, evaluationId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count
    from evaluation_ask ask join response on response.turn_id = ask.turn_id and ${isCounted}
    where ask.evaluation_id = ${evaluationId}::uuid and response.status = 'INTERRUPTED' and response.credits_charged > 0
  `.execute(db);
  return rows[0]?.count ?? 0;
}
