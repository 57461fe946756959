import { type Kysely, type Selectable, sql, type Updateable } from 'kysely';
import type { Database } from '../database.ts';

/** The one row of the table, which the first change makes. */
export type CatalogueSettingRow = Omit<Selectable<Database['catalogue_setting']>, 'single'>;

const unchanged: CatalogueSettingRow = { version: 0, default_model_ids: null, model_order: [], was_paid: false };

export async function findCatalogueSetting(db: Kysely<Database>): Promise<CatalogueSettingRow> {
  return (await db.selectFrom('catalogue_setting').selectAll().executeTakeFirst()) ?? unchanged;
}

/** Changes of the catalogue wait for each other. */
export async function lockCatalogueSetting(trx: Kysely<Database>): Promise<CatalogueSettingRow> {
  await sql`insert into catalogue_setting default values on conflict do nothing`.execute(trx);
  return trx.selectFrom('catalogue_setting').selectAll().forUpdate().executeTakeFirstOrThrow();
}

export async function setCatalogueSetting(
  trx: Kysely<Database>,
  values: Pick<Updateable<Database['catalogue_setting']>, 'default_model_ids' | 'model_order'>,
): Promise<void> {
  await trx.updateTable('catalogue_setting').set(values).execute();
}

/** Notes that answers have cost the operator money. */
export async function setWasPaid(trx: Kysely<Database>): Promise<void> {
  await trx.updateTable('catalogue_setting').set({ was_paid: true }).execute();
}

/** Tells every process that reads the version that something has changed. */
export async function raiseCatalogueVersion(trx: Kysely<Database>): Promise<void> {
  await trx.updateTable('catalogue_setting').set({ version: sql`version + 1` }).execute();
}
