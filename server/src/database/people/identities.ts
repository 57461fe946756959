import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from '../database.ts';

/** A member's identity at a sign-in provider. */
export interface IdentityRow {
  id: string;
  userId: string;
  issuer: string;
  subject: string;
  /** As it was stored; null: the provider gave nothing. */
  granted: object | null;
}

function selectIdentities(db: Kysely<Database>) {
  return db
    .selectFrom('account')
    .select(['id', 'user_id as userId', 'provider_id as issuer', 'account_id as subject', 'granted'])
    .where('provider_id', '<>', 'credential');
}

export async function findIdentity(
  db: Kysely<Database>,
  { issuer, subject }: { issuer: string; subject: string },
): Promise<IdentityRow | undefined> {
  return selectIdentities(db).where('provider_id', '=', issuer).where('account_id', '=', subject).executeTakeFirst();
}

/** All identities of the user, the oldest first. */
export async function findIdentitiesOf(db: Kysely<Database>, userId: string): Promise<IdentityRow[]> {
  return selectIdentities(db).where('user_id', '=', userId).orderBy('created_at').orderBy('id').execute();
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

/** Deletes every way to sign in as the user: the password, the identities at providers, and links. */
export async function deleteWaysIn(trx: Transaction<Database>, userId: string): Promise<void> {
  await trx.deleteFrom('account').where('user_id', '=', userId).execute();
  await trx.deleteFrom('one_time_link').where('user_id', '=', userId).execute();
}

/** Whether the user's sign-up may be under way: it has made the user, and will yet insert the password. */
export async function isHalfMade(trx: Transaction<Database>, userId: string): Promise<boolean> {
  const row = await trx
    .selectFrom('user')
    .select('id')
    .where('id', '=', userId)
    .where('created_at', '>', sql<Date>`now() - interval '1 minute'`)
    .where(sql<boolean>`not exists (select from account where account.user_id = "user".id)`)
    .executeTakeFirst();
  return row !== undefined;
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
