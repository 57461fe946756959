import type { Kysely } from 'kysely';
import type { Database } from '../../database/database.ts';
import { findBranch, findLatestDescendant, findLatestTurn } from '../../database/turns.ts';
import { NotFoundError } from '../ground/errors.ts';

/**
 * The ids of the turns along one branch, oldest first: the branch through the turn `throughId`, else the one that ends
 * in the latest turn.
 *
 * @throws NotFoundError
 */
export async function findBranchThrough(
  db: Kysely<Database>,
  userId: string,
  conversationId: string,
  throughId: string | null,
): Promise<string[]> {
  const leaf = throughId
    ? await findLatestDescendant(db, userId, throughId)
    : await findLatestTurn(db, userId, conversationId);
  if (throughId && leaf?.conversation_id !== conversationId) throw new NotFoundError('turn');
  return leaf ? findBranch(db, userId, leaf.id) : [];
}
