import type { Kysely, Transaction } from 'kysely';
import type { Database } from '../database.ts';

/** The ids of the user's favourite models, the first marked first. */
export async function findFavourites(db: Kysely<Database>, userId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('favourite_model')
    .select('model_id')
    .where('user_id', '=', userId)
    .orderBy('created_at')
    .orderBy('model_id')
    .execute();
  return rows.map(({ model_id }) => model_id);
}

export async function insertFavourite(
  trx: Transaction<Database>,
  favourite: { user_id: string; model_id: string },
): Promise<void> {
  await trx
    .insertInto('favourite_model')
    .values(favourite)
    .onConflict((conflict) => conflict.columns(['user_id', 'model_id']).doNothing())
    .execute();
}

export async function deleteFavourite(
  trx: Transaction<Database>,
  { user_id, model_id }: { user_id: string; model_id: string },
): Promise<void> {
  await trx.deleteFrom('favourite_model').where('user_id', '=', user_id).where('model_id', '=', model_id).execute();
}
