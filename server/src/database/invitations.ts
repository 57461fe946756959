import { type Insertable, type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import type { Database } from './database.ts';

export type InvitationRow = Selectable<Database['invitation']>;

/** Neither used up nor expired nor revoked, by the database's clock. */
const isUsable = sql<boolean>`
  revoked_at is null and coalesce(expires_at > now(), true) and coalesce(uses < uses_max, true)`;

export async function insertInvitation(
  trx: Transaction<Database>,
  invitation: Insertable<Database['invitation']>,
): Promise<InvitationRow> {
  return trx.insertInto('invitation').values(invitation).returningAll().executeTakeFirstOrThrow();
}

export async function isInvitationUsable(db: Kysely<Database>, id: string): Promise<boolean> {
  const row = await db.selectFrom('invitation').select('id').where('id', '=', id).where(isUsable).executeTakeFirst();
  return row !== undefined;
}

/** Usable invitations come first, then the others; the newest first among each. */
export async function findInvitations(db: Kysely<Database>, limit: number): Promise<InvitationRow[]> {
  return db
    .selectFrom('invitation')
    .selectAll()
    .orderBy(isUsable, 'desc')
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}

export async function findInvitationsById(db: Kysely<Database>, ids: readonly string[]): Promise<InvitationRow[]> {
  return db.selectFrom('invitation').selectAll().where('id', 'in', ids).execute();
}

export async function countUsableInvitations(db: Kysely<Database>): Promise<number> {
  const { count } = await db
    .selectFrom('invitation')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where(isUsable)
    .executeTakeFirstOrThrow();
  return count;
}

/** @returns undefined if there is no such invitation, or it is revoked already */
export async function setInvitationRevoked(trx: Transaction<Database>, id: string): Promise<InvitationRow | undefined> {
  return trx
    .updateTable('invitation')
    .set({ revoked_at: sql<Date>`now()` })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .returningAll()
    .executeTakeFirst();
}
