import type { Kysely } from 'kysely';
import type { Database } from '../../database/database.ts';
import { deleteFavourite, findFavourites, insertFavourite } from '../../database/presets/favourites.ts';
import { lockUser } from '../../database/users.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { resolveModelName } from '../catalogue/model-names.ts';
import { InvalidInputError } from '../ground/errors.ts';

export { findFavourites } from '../../database/presets/favourites.ts';

/** How many models a member may mark. */
export const FAVOURITES_MAX = 100;

/**
 * Marks a model as a favourite of the member's, or takes the mark away. One that is gone can be unmarked.
 *
 * @returns the ids of all favourites
 * @throws ModelUnavailableError, InvalidInputError
 */
export async function setFavourite(
  db: Kysely<Database>,
  catalogue: Catalogue,
  userId: string,
  { modelId, favourite }: { modelId: string; favourite: boolean },
): Promise<string[]> {
  const row = { user_id: userId, model_id: favourite ? resolveModelName(catalogue, modelId).id : modelId };
  return db.transaction().execute(async (trx) => {
    await lockUser(trx, userId);
    await (favourite ? insertFavourite(trx, row) : deleteFavourite(trx, row));
    const ids = await findFavourites(trx, userId);
    if (ids.length <= FAVOURITES_MAX) return ids;
    throw new InvalidInputError('modelId', `${FAVOURITES_MAX} models are favourites, which is the most.`);
  });
}
