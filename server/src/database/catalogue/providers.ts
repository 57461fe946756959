import { type Insertable, type Kysely, type Selectable, sql } from 'kysely';
import type { Database } from '../database.ts';

export type ProviderSettingRow = Selectable<Database['provider_setting']>;

/** What admins stored of providers, the oldest first. */
export async function findProviderSettings(db: Kysely<Database>): Promise<ProviderSettingRow[]> {
  return db.selectFrom('provider_setting').selectAll().orderBy('created_at').orderBy('id').execute();
}

export async function setProviderSetting(
  db: Kysely<Database>,
  { id, ...values }: Omit<Insertable<Database['provider_setting']>, 'created_at' | 'updated_at'>,
): Promise<void> {
  await db
    .insertInto('provider_setting')
    .values({ id, ...values })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ ...values, updated_at: sql`now()` }))
    .execute();
}

export async function deleteProviderSetting(db: Kysely<Database>, id: string): Promise<void> {
  await db.deleteFrom('provider_setting').where('id', '=', id).execute();
}

/** Takes away all that admins wrote for the provider's models, of which each id begins with the provider's. */
export async function deleteModelEntriesOf(db: Kysely<Database>, providerId: string): Promise<void> {
  await db
    .deleteFrom('model_setting')
    .where(sql<boolean>`starts_with(model_id, ${`${providerId}/`})`)
    .execute();
}
