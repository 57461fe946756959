import { type Insertable, type Kysely, type Selectable, sql, type Transaction, type Updateable } from 'kysely';
import type { Database } from '../database.ts';

/** A set with how many prompts it has. */
export type PromptSetRow = Selectable<Database['prompt_set']> & {
  owner_name: string;
  prompts: number;
};

export type PromptSetItemRow = Selectable<Database['prompt_set_item']>;

function selectSets(db: Kysely<Database>) {
  return db
    .selectFrom('prompt_set')
    .innerJoin('user', 'user.id', 'prompt_set.user_id')
    .selectAll('prompt_set')
    .select('user.name as owner_name')
    .select((eb) =>
      eb
        .selectFrom('prompt_set_item')
        .select(eb.fn.countAll<number>().as('count'))
        .whereRef('set_id', '=', 'prompt_set.id')
        .$asScalar()
        .$notNull()
        .as('prompts'),
    );
}

/** The teams that the user is in. */
export function teamsOf(db: Kysely<Database>, userId: string) {
  return db.selectFrom('team_member').select('team_id').where('user_id', '=', userId).where('left_at', 'is', null);
}

/** Sets that the user may see: their own, and what is shared with them. */
function visibleSets(db: Kysely<Database>, userId: string) {
  return selectSets(db).where((eb) =>
    eb.or([
      eb('prompt_set.user_id', '=', userId),
      eb('prompt_set.shared_with', '=', 'MEMBERS'),
      eb('prompt_set.team_id', 'in', teamsOf(db, userId)),
    ]),
  );
}

/** The sets that the user may see, those of their own first, the latest changed first. */
export async function findPromptSets(db: Kysely<Database>, userId: string, limit: number): Promise<PromptSetRow[]> {
  return visibleSets(db, userId)
    .orderBy(sql`prompt_set.user_id = ${userId}`, 'desc')
    .orderBy('prompt_set.updated_at', 'desc')
    .orderBy('prompt_set.id')
    .limit(limit)
    .execute();
}

export async function findPromptSetsById(
  db: Kysely<Database>,
  userId: string,
  ids: readonly string[],
): Promise<PromptSetRow[]> {
  return visibleSets(db, userId).where('prompt_set.id', 'in', ids).execute();
}

export async function countPromptSets(db: Kysely<Database>, userId: string): Promise<number> {
  const { count } = await db
    .selectFrom('prompt_set')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('user_id', '=', userId)
    .executeTakeFirstOrThrow();
  return count;
}

export async function insertPromptSet(
  trx: Transaction<Database>,
  set: Insertable<Database['prompt_set']>,
): Promise<void> {
  await trx.insertInto('prompt_set').values(set).execute();
}

/** Locks the user's own set. @returns false if there is none */
export async function lockPromptSet(trx: Transaction<Database>, userId: string, id: string): Promise<boolean> {
  const row = await trx
    .selectFrom('prompt_set')
    .select('id')
    .where('user_id', '=', userId)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  return row !== undefined;
}

export async function setPromptSet(
  trx: Transaction<Database>,
  id: string,
  changes: Updateable<Database['prompt_set']>,
): Promise<void> {
  await trx
    .updateTable('prompt_set')
    .set({ ...changes, updated_at: sql`clock_timestamp()` })
    .where('id', '=', id)
    .execute();
}

export async function deletePromptSetRow(db: Kysely<Database>, userId: string, id: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('prompt_set')
    .where('user_id', '=', userId)
    .where('id', '=', id)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

export async function deletePromptSetsOf(db: Kysely<Database>, userId: string): Promise<void> {
  await db.deleteFrom('prompt_set').where('user_id', '=', userId).execute();
}

/** The prompts of a set behind this place, in order. */
export async function findPromptSetItems(
  db: Kysely<Database>,
  setId: string,
  { after = -1, limit }: { after?: number; limit: number },
): Promise<PromptSetItemRow[]> {
  return db
    .selectFrom('prompt_set_item')
    .selectAll()
    .where('set_id', '=', setId)
    .where('position', '>', after)
    .orderBy('position')
    .limit(limit)
    .execute();
}

/** How many prompts the set has, and the last place. */
export async function measurePromptSet(
  db: Kysely<Database>,
  setId: string,
): Promise<{ prompts: number; last: number; characters: number }> {
  return db
    .selectFrom('prompt_set_item')
    .select((eb) => eb.fn.countAll<number>().as('prompts'))
    .select(sql<number>`coalesce(max(position), -1)`.as('last'))
    .select(sql<number>`coalesce(sum(length(prompt) + coalesce(length(reference), 0)), 0)::int8`.as('characters'))
    .where('set_id', '=', setId)
    .executeTakeFirstOrThrow();
}

export async function insertPromptSetItems(
  trx: Transaction<Database>,
  items: readonly Insertable<Database['prompt_set_item']>[],
): Promise<void> {
  // A statement has at most 65,535 values.
  for (let start = 0; start < items.length; start += 500) {
    await trx
      .insertInto('prompt_set_item')
      .values(items.slice(start, start + 500))
      .execute();
  }
}

export async function deletePromptSetItems(
  trx: Transaction<Database>,
  setId: string,
  ids: readonly string[],
): Promise<void> {
  await trx.deleteFrom('prompt_set_item').where('set_id', '=', setId).where('id', 'in', ids).execute();
}

/** @returns false if the set has no such prompt */
export async function setPromptSetItem(
  trx: Transaction<Database>,
  { setId, id }: { setId: string; id: string },
  item: Pick<PromptSetItemRow, 'prompt' | 'reference' | 'topic'>,
): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('prompt_set_item')
    .set(item)
    .where('set_id', '=', setId)
    .where('id', '=', id)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
