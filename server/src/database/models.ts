import type { Kysely } from 'kysely';
import type { Database } from './database.ts';

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
