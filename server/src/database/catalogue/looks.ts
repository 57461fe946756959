import { type Kysely, type Selectable, sql } from 'kysely';
import type { Database } from '../database.ts';

/** What a provider's list of models held when it was last looked at. */
export type ProviderLookRow = Selectable<Database['provider_look']>;

export async function findLooks(db: Kysely<Database>): Promise<ProviderLookRow[]> {
  return db.selectFrom('provider_look').selectAll().execute();
}

export async function findLook(db: Kysely<Database>, providerId: string): Promise<ProviderLookRow | undefined> {
  return db.selectFrom('provider_look').selectAll().where('provider_id', '=', providerId).executeTakeFirst();
}

/**
 * Takes the look at a provider upon this process, if none was made or begun for so long.
 *
 * @returns whether it is this process's to make
 */
export async function claimLook(db: Kysely<Database>, providerId: string, hours: number): Promise<boolean> {
  const { rows } = await sql`
    insert into provider_look as look (provider_id) values (${providerId})
    on conflict (provider_id) do update set begun_at = now()
    where look.begun_at < now() - ${hours} * interval '1 hour'
    returning provider_id`.execute(db);
  return rows.length > 0;
}

/** Stores a look. Names that an earlier one did not have are new until an admin has seen them. */
export async function storeLook(db: Kysely<Database>, providerId: string, names: readonly string[]): Promise<void> {
  await sql`
    insert into provider_look as look (provider_id, looked_at, names)
    values (${providerId}, now(), ${names}::text[])
    on conflict (provider_id) do update
    set begun_at = now(), looked_at = now(), names = excluded.names,
      new_names = case when look.looked_at is null then '{}' else array(
        select name from unnest(excluded.names) as name
        where name = any (look.new_names) or name <> all (look.names)
      ) end`.execute(db);
}

/** Nothing of the provider's list is new any more. */
export async function setLookSeen(db: Kysely<Database>, providerId: string): Promise<void> {
  await db.updateTable('provider_look').set({ new_names: [] }).where('provider_id', '=', providerId).execute();
}

export async function deleteLook(db: Kysely<Database>, providerId: string): Promise<void> {
  await db.deleteFrom('provider_look').where('provider_id', '=', providerId).execute();
}
