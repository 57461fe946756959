import type { Kysely } from 'kysely';
import type { Database } from '../../database/database.ts';
import { findJudgedTurn } from '../../database/judging/verdicts.ts';

/** How a member sees a turn that they may judge. */
export interface JudgesView {
  /** The responses that they are shown, in the order in which they are; null: all, by lane. */
  order: readonly string[] | null;
  /** Whether they do not know the models; null: as the turn is to its own member. */
  blind: boolean | null;
}

/**
 * Whether a member may judge a turn, and how they see it; null: they may not. Members judge their own turns. Whatever
 * else opens turns to people adds its way here.
 */
export async function mayJudge(db: Kysely<Database>, userId: string, turnId: string): Promise<JudgesView | null> {
  const turn = await findJudgedTurn(db, turnId);
  return turn?.user_id === userId ? { order: null, blind: null } : null;
}
