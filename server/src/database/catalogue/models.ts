import type { Kysely } from 'kysely';
import type { Database } from '../database.ts';
import type { StoredEntry } from './catalogue-tables.ts';

export async function findDisabledModels(db: Kysely<Database>): Promise<string[]> {
  const rows = await db.selectFrom('model_setting').select('model_id').where('enabled', '=', false).execute();
  return rows.map(({ model_id }) => model_id);
}

export async function setModelEnabled(db: Kysely<Database>, modelId: string, enabled: boolean): Promise<void> {
  await db
    .insertInto('model_setting')
    .values({ model_id: modelId, enabled })
    .onConflict((conflict) => conflict.column('model_id').doUpdateSet({ enabled }))
    .execute();
}

/** The entries that admins wrote for models, in the order of the models' ids. */
export async function findModelEntries(db: Kysely<Database>): Promise<{ modelId: string; entry: StoredEntry }[]> {
  const rows = await db
    .selectFrom('model_setting')
    .select(['model_id', 'entry'])
    .where('entry', 'is not', null)
    .orderBy('model_id')
    .execute();
  return rows.map(({ model_id, entry }) => ({ modelId: model_id, entry: entry as StoredEntry }));
}

/** Null takes the entry away. Whether the model is switched off stays as it is. */
export async function setModelEntry(db: Kysely<Database>, modelId: string, entry: object | null): Promise<void> {
  const value = entry === null ? null : JSON.stringify(entry);
  await db
    .insertInto('model_setting')
    .values({ model_id: modelId, entry: value })
    .onConflict((conflict) => conflict.column('model_id').doUpdateSet({ entry: value }))
    .execute();
}
