import type { Kysely } from 'kysely';
import type { Database } from '../../database/database.ts';
import { findLaneTexts } from '../../database/judging/evaluation-results.ts';

/** The texts of two answers to a prompt, by their lanes; empty where one is gone. */
export async function answersOfPair(
  db: Kysely<Database>,
  userId: string,
  { turn_id, lane_a, lane_b }: { turn_id: string | null; lane_a: number; lane_b: number },
): Promise<readonly [string, string]> {
  const texts = turn_id === null ? [] : await findLaneTexts(db, userId, turn_id);
  const textOf = (lane: number) => texts.find((answer) => answer.lane === lane)?.text ?? '';
  return [textOf(lane_a), textOf(lane_b)];
}
