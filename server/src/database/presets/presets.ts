import { type Insertable, type Kysely, type Selectable, sql, type Transaction, type Updateable } from 'kysely';
import type { Database } from '../database.ts';

export type PresetRow = Selectable<Database['preset']>;

/** Presets that the user may use: their own, and those that all members share. */
function visiblePresets(db: Kysely<Database>, userId: string) {
  return db
    .selectFrom('preset')
    .selectAll()
    .where((eb) => eb.or([eb('user_id', '=', userId), eb('shared', '=', true)]));
}

/** The presets that the user may use, those of their own first, by name. */
export async function findPresets(db: Kysely<Database>, userId: string, limit: number): Promise<PresetRow[]> {
  return visiblePresets(db, userId).orderBy('shared').orderBy(sql`lower(name)`).orderBy('id').limit(limit).execute();
}

export async function findPresetsById(
  db: Kysely<Database>,
  userId: string,
  ids: readonly string[],
): Promise<PresetRow[]> {
  return visiblePresets(db, userId).where('id', 'in', ids).execute();
}

/** Locks a preset that the user may use. */
export async function lockPreset(
  trx: Transaction<Database>,
  userId: string,
  id: string,
): Promise<PresetRow | undefined> {
  return visiblePresets(trx, userId).where('id', '=', id).forUpdate().executeTakeFirst();
}

/** How many presets there are beside this one, and how many characters their texts have: of all members, or of the user. */
export async function measurePresets(
  db: Kysely<Database>,
  of: { shared: true } | { userId: string },
): Promise<{ presets: number; characters: number }> {
  return db
    .selectFrom('preset')
    .select((eb) => eb.fn.countAll<number>().as('presets'))
    .select(
      sql<number>`coalesce(sum(coalesce(length(prompt), 0) + coalesce(length(system_prompt), 0)), 0)::int8`.as(
        'characters',
      ),
    )
    .$if('shared' in of, (select) => select.where('shared', '=', true))
    .$if('userId' in of, (select) =>
      select.where('shared', '=', false).where('user_id', '=', (of as { userId: string }).userId),
    )
    .executeTakeFirstOrThrow();
}

/** Rejects with 23505 if the name is taken. */
export async function insertPreset(
  trx: Transaction<Database>,
  preset: Insertable<Database['preset']>,
): Promise<PresetRow> {
  return trx.insertInto('preset').values(preset).returningAll().executeTakeFirstOrThrow();
}

/** Rejects with 23505 if the name is taken. */
export async function setPreset(
  trx: Transaction<Database>,
  id: string,
  changes: Updateable<Database['preset']>,
): Promise<PresetRow> {
  return trx
    .updateTable('preset')
    .set({ ...changes, updated_at: sql`clock_timestamp()` })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function deletePresetRow(trx: Transaction<Database>, id: string): Promise<void> {
  await trx.deleteFrom('preset').where('id', '=', id).execute();
}

/** Deletes the user's own presets and favourites. Those that all members share stay. */
export async function deletePresetsOf(db: Kysely<Database>, userId: string): Promise<void> {
  await db.deleteFrom('preset').where('user_id', '=', userId).where('shared', '=', false).execute();
  await db.deleteFrom('favourite_model').where('user_id', '=', userId).execute();
}

/** What is stored of the presets that the user made, behind this id. */
export async function findOwnPresets(
  db: Kysely<Database>,
  userId: string,
  { after, limit }: { after: string | null; limit: number },
): Promise<Omit<PresetRow, 'user_id'>[]> {
  return db
    .selectFrom('preset')
    .select(['id', 'name', 'model_ids', 'system_prompt', 'prompt', 'parameters', 'shared', 'created_at', 'updated_at'])
    .where('user_id', '=', userId)
    .$if(after !== null, (select) => select.where('id', '>', after as string))
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** The shared preset that the house setting of this name points to. */
export async function findPresetOfHouse(db: Kysely<Database>, setting: string): Promise<PresetRow | undefined> {
  return db
    .selectFrom('preset')
    .selectAll('preset')
    .where('shared', '=', true)
    .where('id', '=', sql<string>`(select (value ->> 'presetId')::uuid from house_setting where name = ${setting})`)
    .executeTakeFirst();
}
