import type { Kysely, Transaction } from 'kysely';
import { v7 as newId } from 'uuid';
import type { Database } from '../../database/database.ts';
import {
  deleteFolderRow,
  type FolderRow,
  findFolders,
  insertFolder,
  lockFolder,
  setFolder,
  setFolderOfConversations,
} from '../../database/presets/folders.ts';
import { findPresetsById } from '../../database/presets/presets.ts';
import { lockUser } from '../../database/users.ts';
import { InvalidInputError, NotFoundError } from '../ground/errors.ts';
import { toName } from '../ground/names.ts';

export { countInFolders, type FolderRow, findFolders, findFoldersById } from '../../database/presets/folders.ts';

/** How many folders a member may have, and how many conversations move at once. */
export const FOLDERS_MAX = 100;
export const MOVED_MAX = 100;
const NAME_LENGTH_MAX = 100;

export interface FolderInput {
  name?: string | null | undefined;
  /** The preset that a new conversation in the folder begins with; null: none; absent: it stays. */
  presetId?: string | null | undefined;
  collapsed?: boolean | null | undefined;
}

/** @throws InvalidInputError (`name`: it is taken), NotFoundError (`preset`) */
export async function createFolder(db: Kysely<Database>, userId: string, input: FolderInput): Promise<FolderRow> {
  const name = validName(input.name ?? '');
  return withFreeName(() =>
    db.transaction().execute(async (trx) => {
      await lockUser(trx, userId);
      if ((await findFolders(trx, userId)).length >= FOLDERS_MAX) {
        throw new InvalidInputError('name', `You have ${FOLDERS_MAX} folders, which is the most. Delete one first.`);
      }
      const presetId = await validPreset(trx, userId, input.presetId ?? null);
      const collapsed = input.collapsed ?? false;
      return insertFolder(trx, { id: newId(), user_id: userId, name, preset_id: presetId, collapsed });
    }),
  );
}

/** The id of the member's folder of this name, which is made if there is none. @throws InvalidInputError (`name`) */
export async function folderNamed(db: Kysely<Database>, userId: string, name: string): Promise<string> {
  const find = async () =>
    (await findFolders(db, userId)).find((folder) => folder.name.toLowerCase() === toName(name).toLowerCase())?.id;
  const known = await find();
  if (known !== undefined) return known;
  try {
    return (await createFolder(db, userId, { name })).id;
  } catch (error) {
    // Another request may have made it just now.
    const made = await find();
    if (made === undefined) throw error;
    return made;
  }
}

/** What is absent stays as it is. @throws as `createFolder`; NotFoundError */
export async function updateFolder(
  db: Kysely<Database>,
  userId: string,
  id: string,
  { name, presetId, collapsed }: FolderInput,
): Promise<FolderRow> {
  const named = name == null ? {} : { name: validName(name) };
  const folder = await withFreeName(async () =>
    setFolder(db, userId, id, {
      ...named,
      ...(presetId !== undefined && { preset_id: await validPreset(db, userId, presetId) }),
      ...(collapsed != null && { collapsed }),
    }),
  );
  if (!folder) throw new NotFoundError('folder');
  return folder;
}

/** Deletes a folder. Its conversations stay, outside all folders. */
export async function deleteFolder(db: Kysely<Database>, userId: string, id: string): Promise<void> {
  if (!(await deleteFolderRow(db, userId, id))) throw new NotFoundError('folder');
}

/**
 * Puts the member's conversations into a folder of theirs, all or none; null: out of all folders.
 *
 * @throws NotFoundError, InvalidInputError (`ids`)
 */
export async function moveConversations(
  db: Kysely<Database>,
  userId: string,
  ids: readonly string[],
  folderId: string | null,
): Promise<void> {
  const moved = [...new Set(ids)];
  if (moved.length === 0 || moved.length > MOVED_MAX) {
    throw new InvalidInputError('ids', `Name 1 to ${MOVED_MAX} conversations.`);
  }
  await db.transaction().execute(async (trx) => {
    if (folderId !== null) await requireFolder(trx, userId, folderId);
    if ((await setFolderOfConversations(trx, userId, moved, folderId)) < moved.length) {
      throw new NotFoundError('conversation');
    }
  });
}

/** Keeps the member's folder until the transaction ends. @throws NotFoundError */
export async function requireFolder(trx: Transaction<Database>, userId: string, id: string): Promise<void> {
  if (!(await lockFolder(trx, userId, id))) throw new NotFoundError('folder');
}

async function validPreset(db: Kysely<Database>, userId: string, id: string | null): Promise<string | null> {
  if (id === null) return null;
  const [preset] = await findPresetsById(db, userId, [id]);
  if (!preset) throw new NotFoundError('preset');
  return preset.id;
}

function validName(text: string): string {
  const name = toName(text.slice(0, 2 * NAME_LENGTH_MAX));
  if (name !== '' && name.length <= NAME_LENGTH_MAX) return name;
  throw new InvalidInputError('name', `A name must have 1 to ${NAME_LENGTH_MAX} characters.`);
}

/** The index on names refuses one that is taken, however many requests race. A preset may go while it is looked at. */
async function withFreeName<Stored>(store: () => Promise<Stored>): Promise<Stored> {
  return store().catch((error) => {
    if (error?.code === '23503') throw new NotFoundError('preset');
    if (error?.code !== '23505') throw error;
    throw new InvalidInputError('name', 'You have a folder of this name already.');
  });
}
