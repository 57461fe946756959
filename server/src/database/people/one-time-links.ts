import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from '../database.ts';

export type LinkPurpose = 'RESET' | 'CONFIRM';

export interface LinkRow {
  userId: string;
  /** The address that the link was sent to; empty: an admin has handed it over. */
  email: string;
}

/** Inserts a link, and deletes those that have expired and that nobody is using at this moment. */
export async function insertLink(
  trx: Transaction<Database>,
  link: LinkRow & { hash: string; purpose: LinkPurpose; expiresAt: Date },
): Promise<void> {
  await trx
    .deleteFrom('one_time_link')
    .where('hash', 'in', (eb) =>
      eb.selectFrom('one_time_link').select('hash').where('expires_at', '<', sql<Date>`now()`).forUpdate().skipLocked(),
    )
    .execute();
  const { hash, userId, purpose, email, expiresAt } = link;
  await trx
    .insertInto('one_time_link')
    .values({ hash, user_id: userId, purpose, email, expires_at: expiresAt })
    .execute();
}

/** Finds a link that could be used now. */
export async function findLink(
  db: Kysely<Database>,
  { hash, purpose }: { hash: string; purpose: LinkPurpose },
): Promise<LinkRow | undefined> {
  return db
    .selectFrom('one_time_link')
    .select(['user_id as userId', 'email'])
    .where('hash', '=', hash)
    .where('purpose', '=', purpose)
    .where('expires_at', '>', sql<Date>`now()`)
    .executeTakeFirst();
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

/** Deletes the links with which somebody could come in: those for a new password, and those to another address. */
export async function deleteLinksThatOpen(trx: Transaction<Database>, userId: string): Promise<void> {
  await trx
    .deleteFrom('one_time_link')
    .where('user_id', '=', userId)
    .where((eb) =>
      eb.or([
        eb('purpose', '=', 'RESET'),
        eb('email', '<>', eb.selectFrom('user').select('user.email').where('user.id', '=', userId)),
      ]),
    )
    .execute();
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
