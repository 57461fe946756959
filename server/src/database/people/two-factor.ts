import { type Kysely, sql } from 'kysely';
import type { Database } from '../database.ts';

/** Deletes the user's second factor, which better-auth made. */
export async function deleteTwoFactor(trx: Kysely<Database>, userId: string): Promise<void> {
  await trx.deleteFrom('two_factor').where('user_id', '=', userId).execute();
  await trx
    .updateTable('user')
    .set({ two_factor_enabled: false, updated_at: sql`now()` })
    .where('id', '=', userId)
    .execute();
}
