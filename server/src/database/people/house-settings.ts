import { type Kysely, sql } from 'kysely';
import type { Database } from '../database.ts';

/** What is stored under the name; null: nothing is. */
export async function findHouseSetting(db: Kysely<Database>, name: string): Promise<object | null> {
  const row = await db.selectFrom('house_setting').select('value').where('name', '=', name).executeTakeFirst();
  return row?.value ?? null;
}

export async function setHouseSetting(db: Kysely<Database>, name: string, value: object): Promise<void> {
  const json = JSON.stringify(value);
  await db
    .insertInto('house_setting')
    .values({ name, value: json })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value: json, updated_at: sql`now()` }))
    .execute();
}
