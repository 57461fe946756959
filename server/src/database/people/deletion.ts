import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from '../database.ts';
import { deleteApiKeys } from '../programs/api-keys.ts';

/**
 * Takes name and address off the user, whose row stays for the books, and marks the account as deleted. Nobody can sign
 * in with it from the commit on, and its address is free.
 *
 * @returns what the user is called from now on
 */
export async function anonymiseUser(trx: Transaction<Database>, id: string): Promise<string> {
  const { email } = await trx
    .updateTable('user')
    .set({
      name: 'Deleted member',
      // This is shown in reports. It is no address, so nobody signs in with it.
      email: sql`'deleted member ' || right(id, 12)`,
      email_verified: false,
      image: null,
      role: 'USER',
      suspended: true,
      two_factor_enabled: false,
      guest_key: sql`case when guest_key is not null then 'deleted ' || id end`,
      deleted_at: sql`now()`,
      updated_at: sql`now()`,
    })
    .where('id', '=', id)
    .returning('email')
    .executeTakeFirstOrThrow();
  return email;
}

/** Deletes everything by which the user could sign in or act, and revokes the invitations that the user made. */
export async function deleteCredentials(trx: Transaction<Database>, userId: string): Promise<void> {
  for (const table of ['session', 'account', 'two_factor', 'one_time_link'] as const) {
    await trx.deleteFrom(table).where('user_id', '=', userId).execute();
  }
  // These are better-auth's: questions for a code, links to reset a password.
  await trx.deleteFrom('verification').where('value', '=', userId).execute();
  await deleteApiKeys(trx, userId);
  await trx
    .updateTable('revoked_api_key')
    .set({ name: 'key of a deleted member', start: 'plk_' })
    .where('user_id', '=', userId)
    .execute();
  await trx
    .updateTable('invitation')
    .set({ revoked_at: sql<Date>`now()` })
    .where('created_by', '=', userId)
    .where('revoked_at', 'is', null)
    .execute();
}

/** Deleted users of whom something may be left. */
export async function findUsersToPurge(db: Kysely<Database>): Promise<string[]> {
  const rows = await db
    .selectFrom('user')
    .select('id')
    .where('deleted_at', 'is not', null)
    .where('purged_at', 'is', null)
    .orderBy('deleted_at')
    .limit(100)
    .execute();
  return rows.map(({ id }) => id);
}

/** Deletes some of the user's conversations. @returns how many there were */
export async function deleteSomeConversations(db: Kysely<Database>, userId: string, limit: number): Promise<number> {
  const some = db.selectFrom('conversation').select('id').where('user_id', '=', userId).limit(limit);
  const { numDeletedRows } = await db.deleteFrom('conversation').where('id', 'in', some).executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}

/** Deletes what was kept of the user for the rate limit, and against repeated prompts. */
export async function deleteTraces(db: Kysely<Database>, userId: string): Promise<void> {
  await db.deleteFrom('deleted_admission').where('user_id', '=', userId).execute();
  await db.deleteFrom('spent_idempotency_key').where('user_id', '=', userId).execute();
}

/**
 * Marks the user as purged, unless the account was deleted within the last five minutes: a request that had begun
 * before may still have added something.
 */
export async function setPurged(db: Kysely<Database>, userId: string): Promise<void> {
  await db
    .updateTable('user')
    .set({ purged_at: sql`now()` })
    .where('id', '=', userId)
    .where('deleted_at', '<', sql<Date>`now() - interval '5 minutes'`)
    .execute();
}
