import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from '../database.ts';

/** A member's identity at a sign-in provider. */
export interface IdentityRow {
  id: string;
  userId: string;
  /** As it was stored; null: the provider gave nothing. */
  granted: object | null;
}

export async function findIdentity(
  db: Kysely<Database>,
  { issuer, subject }: { issuer: string; subject: string },
): Promise<IdentityRow | undefined> {
  return db
    .selectFrom('account')
    .select(['id', 'user_id as userId', 'granted'])
    .where('provider_id', '=', issuer)
    .where('provider_id', '<>', 'credential')
    .where('account_id', '=', subject)
    .executeTakeFirst();
}

/** @returns whether it was inserted; false: somebody has it */
export async function insertIdentity(
  trx: Transaction<Database>,
  { id, userId, issuer, subject }: { id: string; userId: string; issuer: string; subject: string },
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await trx
    .insertInto('account')
    .values({ id, user_id: userId, provider_id: issuer, account_id: subject })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

export async function setGranted(db: Kysely<Database>, id: string, granted: object | null): Promise<void> {
  await db
    .updateTable('account')
    .set({ granted: granted === null ? null : JSON.stringify(granted) })
    .where('id', '=', id)
    .execute();
}

/** Deletes every way to sign in as the user: the password, and the identities at providers. */
export async function deleteWaysIn(trx: Transaction<Database>, userId: string): Promise<void> {
  await trx.deleteFrom('account').where('user_id', '=', userId).execute();
}

export async function isAddressConfirmed(db: Kysely<Database>, userId: string): Promise<boolean> {
  const row = await db.selectFrom('user').select('email_verified').where('id', '=', userId).executeTakeFirst();
  return row?.email_verified ?? false;
}

/** Marks the user's address as confirmed, and changes it if it is another one. Rejects with 23505 if that one is taken. */
export async function confirmAddress(trx: Transaction<Database>, userId: string, email?: string): Promise<void> {
  await trx
    .updateTable('user')
    .set({
      email_verified: true,
      confirmation_due: false,
      updated_at: sql`now()`,
      ...(email !== undefined && { email }),
    })
    .where('id', '=', userId)
    .execute();
}
