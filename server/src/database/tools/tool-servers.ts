import { type Insertable, type Kysely, type Selectable, sql } from 'kysely';
import type { Database } from '../database.ts';

export type ToolServerRow = Selectable<Database['tool_server']>;
type Written = Omit<Insertable<Database['tool_server']>, 'created_at' | 'updated_at' | 'renewing_until'>;

/** The servers that admins added, the oldest first. */
export async function findToolServers(db: Kysely<Database>): Promise<ToolServerRow[]> {
  return db.selectFrom('tool_server').selectAll().orderBy('created_at').orderBy('id').execute();
}

export async function setToolServer(db: Kysely<Database>, { id, ...values }: Written): Promise<void> {
  await db
    .insertInto('tool_server')
    .values({ id, ...values })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ ...values, updated_at: sql`now()` }))
    .execute();
}

export async function deleteToolServer(db: Kysely<Database>, id: string): Promise<void> {
  await db.deleteFrom('tool_server').where('id', '=', id).execute();
}

export async function findSealedGrant(db: Kysely<Database>, id: string): Promise<string | null> {
  const row = await db.selectFrom('tool_server').select('sealed_grant').where('id', '=', id).executeTakeFirst();
  return row?.sealed_grant ?? null;
}

interface SealedGrant {
  id: string;
  /** The address for which it was sealed: a server that was moved meanwhile keeps nothing of it. */
  url: string;
  sealed: string;
}

/** Writes what signing in gave, and lets others renew it again. */
export async function setSealedGrant(db: Kysely<Database>, grant: SealedGrant): Promise<void> {
  await writingGrant(db, grant).execute();
}

/** As `setSealedGrant`, unless the grant is not being renewed any more: then somebody has signed out or in meanwhile. */
export async function setRenewedGrant(db: Kysely<Database>, grant: SealedGrant): Promise<void> {
  await writingGrant(db, grant).where('renewing_until', 'is not', null).execute();
}

function writingGrant(db: Kysely<Database>, { id, url, sealed }: SealedGrant) {
  return db
    .updateTable('tool_server')
    .set({ sealed_grant: sealed, renewing_until: null })
    .where('id', '=', id)
    .where('url', '=', url);
}

/** Notes that somebody has signed in, or that nobody is any more, which also forgets the grant. */
export async function setSignedIn(db: Kysely<Database>, id: string, isSignedIn: boolean): Promise<void> {
  await db
    .updateTable('tool_server')
    .set(
      isSignedIn
        ? { signed_in_at: sql<Date>`now()` }
        : { signed_in_at: null, sealed_grant: null, renewing_until: null },
    )
    .where('id', '=', id)
    .execute();
}

/** Whether nobody else renews the grant now; then the caller has a minute to do it. */
export async function claimRenewal(db: Kysely<Database>, id: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('tool_server')
    .set({ renewing_until: sql<Date>`now() + interval '1 minute'` })
    .where('id', '=', id)
    .where((eb) => eb.or([eb('renewing_until', 'is', null), eb('renewing_until', '<', sql<Date>`now()`)]))
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}
