import { type Insertable, type Kysely, type Selectable, sql, type Transaction, type Updateable } from 'kysely';
import type { Database } from '../database.ts';

export type FolderRow = Selectable<Database['folder']>;

/** The user's folders, by name. */
export async function findFolders(db: Kysely<Database>, userId: string): Promise<FolderRow[]> {
  return db
    .selectFrom('folder')
    .selectAll()
    .where('user_id', '=', userId)
    .orderBy(sql`lower(name)`)
    .orderBy('id')
    .execute();
}

export async function findFoldersById(
  db: Kysely<Database>,
  userId: string,
  ids: readonly string[],
): Promise<FolderRow[]> {
  return db.selectFrom('folder').selectAll().where('user_id', '=', userId).where('id', 'in', ids).execute();
}

/** How many conversations each of the user's folders lists: neither archived nor temporary ones. Empty folders are left out. */
export async function countInFolders(
  db: Kysely<Database>,
  userId: string,
  ids: readonly string[],
): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('conversation')
    .select('folder_id')
    .select((eb) => eb.fn.countAll<number>().as('conversations'))
    .where('user_id', '=', userId)
    .where('folder_id', 'in', ids)
    .where('archived', '=', false)
    .where('temporary', '=', false)
    .where('evaluation_id', 'is', null)
    .groupBy('folder_id')
    .execute();
  return new Map(rows.map((row) => [row.folder_id as string, row.conversations]));
}

/** Keeps the user's folder from being deleted until the transaction ends. @returns false if there is none */
export async function lockFolder(trx: Transaction<Database>, userId: string, id: string): Promise<boolean> {
  const row = await trx
    .selectFrom('folder')
    .select('id')
    .where('user_id', '=', userId)
    .where('id', '=', id)
    .forKeyShare()
    .executeTakeFirst();
  return row !== undefined;
}

/** Rejects with 23505 if the name is taken. */
export async function insertFolder(
  trx: Transaction<Database>,
  folder: Insertable<Database['folder']>,
): Promise<FolderRow> {
  return trx.insertInto('folder').values(folder).returningAll().executeTakeFirstOrThrow();
}

/** Rejects with 23505 if the name is taken. */
export async function setFolder(
  db: Kysely<Database>,
  userId: string,
  id: string,
  changes: Updateable<Database['folder']>,
): Promise<FolderRow | undefined> {
  return db
    .updateTable('folder')
    .set({ ...changes, updated_at: sql`clock_timestamp()` })
    .where('user_id', '=', userId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
}

export async function deleteFolderRow(db: Kysely<Database>, userId: string, id: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('folder')
    .where('user_id', '=', userId)
    .where('id', '=', id)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

export async function deleteFoldersOf(db: Kysely<Database>, userId: string): Promise<void> {
  await db.deleteFrom('folder').where('user_id', '=', userId).execute();
}

/** The user's folders behind this id. */
export async function findOwnFolders(
  db: Kysely<Database>,
  userId: string,
  { after, limit }: { after: string | null; limit: number },
): Promise<Omit<FolderRow, 'user_id'>[]> {
  return db
    .selectFrom('folder')
    .select(['id', 'name', 'preset_id', 'collapsed', 'created_at', 'updated_at'])
    .where('user_id', '=', userId)
    .$if(after !== null, (select) => select.where('id', '>', after as string))
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** Puts the user's own conversations into a folder of theirs; null: into none. @returns how many there are */
export async function setFolderOfConversations(
  trx: Transaction<Database>,
  userId: string,
  ids: readonly string[],
  folderId: string | null,
): Promise<number> {
  const { numUpdatedRows } = await trx
    .updateTable('conversation')
    .set({ folder_id: folderId })
    .where('user_id', '=', userId)
    .where('evaluation_id', 'is', null)
    .where('id', 'in', ids)
    .executeTakeFirst();
  return Number(numUpdatedRows);
}
