import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from '../database.ts';

export type LinkPurpose = 'RESET' | 'CONFIRM';

export interface LinkRow {
  userId: string;
  /** The address that the link was sent to; empty: an admin has handed it over. */
  email: string;
}

/** Inserts a link, and deletes all that have expired. */
export async function insertLink(
  trx: Transaction<Database>,
  link: LinkRow & { hash: string; purpose: LinkPurpose; expiresAt: Date },
): Promise<void> {
  await trx.deleteFrom('one_time_link').where('expires_at', '<', sql<Date>`now()`).execute();
  const { hash, userId, purpose, email, expiresAt } = link;
  await trx
    .insertInto('one_time_link')
    .values({ hash, user_id: userId, purpose, email, expires_at: expiresAt })
    .execute();
}

/** Whether a link could be used now. */
export async function isLinkUsable(
  db: Kysely<Database>,
  link: { hash: string; purpose: LinkPurpose },
): Promise<boolean> {
  const row = await usable(db, link).executeTakeFirst();
  return row !== undefined;
}

function usable(db: Kysely<Database>, { hash, purpose }: { hash: string; purpose: LinkPurpose }) {
  return db
    .selectFrom('one_time_link')
    .select('user_id')
    .where('hash', '=', hash)
    .where('purpose', '=', purpose)
    .where('expires_at', '>', sql<Date>`now()`);
}

/** Uses a link up. Of several who use it at once, one gets it. */
export async function takeLink(
  trx: Transaction<Database>,
  { hash, purpose }: { hash: string; purpose: LinkPurpose },
): Promise<LinkRow | undefined> {
  return trx
    .deleteFrom('one_time_link')
    .where('hash', '=', hash)
    .where('purpose', '=', purpose)
    .where('expires_at', '>', sql<Date>`now()`)
    .returning(['user_id as userId', 'email'])
    .executeTakeFirst();
}

export async function deleteLinks(trx: Transaction<Database>, userId: string): Promise<void> {
  await trx.deleteFrom('one_time_link').where('user_id', '=', userId).execute();
}

/** Whether the user has a password. */
export async function hasPassword(db: Kysely<Database>, userId: string): Promise<boolean> {
  const row = await db
    .selectFrom('account')
    .select('id')
    .where('user_id', '=', userId)
    .where('provider_id', '=', 'credential')
    .where('password', 'is not', null)
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * Whether the user must confirm the address before signing in. An admin need not: the first account would lock its owner
 * out of a server whose mail does not work yet.
 */
export async function isConfirmationDue(db: Kysely<Database>, userId: string): Promise<boolean> {
  const row = await db
    .selectFrom('user')
    .select('id')
    .where('id', '=', userId)
    .where('confirmation_due', '=', true)
    .where('email_verified', '=', false)
    .where('role', '<>', 'ADMIN')
    .executeTakeFirst();
  return row !== undefined;
}
