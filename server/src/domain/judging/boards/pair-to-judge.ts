import type { Kysely } from 'kysely';
import type { Database } from '../../../database/database.ts';
import { type Catalogue, modelOf } from '../../catalogue/catalogue.ts';
import { disabledModels, modelAccess } from '../../catalogue/models.ts';
import type { Viewer } from '../../people/members.ts';
import { nextPairOf } from '../ratings/next-pair.ts';
import type { Pair } from '../ratings/standings.ts';
import type { Leaderboard } from './leaderboards.ts';

/**
 * The pair of the board of which a verdict would tell most, among models that the viewer may ask now. What a model makes of
 * others' answers is not asked for blind, so it is in no such pair.
 *
 * @returns null: nothing is open, or nothing is known yet
 */
export async function pairToJudge(
  { db, catalogue }: { db: Kysely<Database>; catalogue: Catalogue },
  viewer: Viewer,
  board: Leaderboard,
): Promise<Pair | null> {
  const access = { catalogue, disabledModelIds: await disabledModels(db), member: viewer, availableCredits: null };
  return nextPairOf(board, (place) => {
    const { modelId, merged } = board.contestants[place] ?? { modelId: '', merged: true };
    const model = merged ? undefined : modelOf(catalogue, modelId);
    return model !== undefined && modelAccess(model, access).allowed;
  });
}
