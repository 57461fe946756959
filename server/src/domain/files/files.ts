import type { Kysely } from 'kysely';
import type { Database } from '../../database/database.ts';
import { deleteUnreferredFiles, deleteUnusedContents, lockFile } from '../../database/files/cleaning.ts';
import { type FileRow, findFiles } from '../../database/files/files.ts';
import { sumShownFileBytes } from '../../database/files/own-files.ts';
import { type Catalogue, tierOf } from '../catalogue/catalogue.ts';
import { FileInUseError, NotFoundError } from '../ground/errors.ts';
import type { TierId } from '../ground/tiers.ts';
import type { FileContents } from './contents.ts';
import { hashesOf } from './kept-file.ts';

export {
  type FileRow,
  findFiles,
  findFilesOfResponses,
  findFilesOfTurns,
  type ResponseFileRow,
  type TurnFileRow,
} from '../../database/files/files.ts';

export { findFilePage } from '../../database/files/own-files.ts';

/** The most files of a prompt. */
export const FILES_PER_PROMPT_MAX = 10;

/**
 * The member's own files, in the order of their ids.
 *
 * @throws NotFoundError if one of them is somebody else's, or nobody's
 */
export async function requireFiles(db: Kysely<Database>, userId: string, ids: readonly string[]): Promise<FileRow[]> {
  if (ids.length === 0) return [];
  return inOrder(ids, await findFiles(db, userId, ids));
}

/** The files in the order of these ids. @throws NotFoundError if one is missing */
export function inOrder(ids: readonly string[], files: readonly FileRow[]): FileRow[] {
  const byId = new Map(files.map((file) => [file.id, file]));
  return ids.map((id) => {
    const file = byId.get(id);
    if (!file) throw new NotFoundError('file');
    return file;
  });
}

/** The most bytes of a UTF-16 code unit in UTF-8. */
const UNIT_BYTES_MAX = 3;

/**
 * What models that cannot see the file are sent of it; null: it has no text.
 *
 * @param length at most so many UTF-16 code units from its beginning; null or absent: all
 * @param onBytes is told how many bytes are about to be read, and may throw
 * @throws FileStoreError
 */
export async function textOfFile(
  contents: FileContents,
  { text_hash: hash }: Pick<FileRow, 'text_hash'>,
  { length = null, onBytes }: { length?: number | null; onBytes?: (bytes: number) => void } = {},
): Promise<string | null> {
  if (hash === null) return null;
  const all = (await contents.bytesOf(hash)) ?? 0;
  const bytes = length === null ? all : Math.min(all, length * UNIT_BYTES_MAX);
  onBytes?.(bytes);
  if (bytes === 0) return '';
  // What is cut off in the middle of a character is left out by `stream`.
  const text = new TextDecoder().decode(await contents.load(hash, undefined, { start: 0, end: bytes - 1 }), {
    stream: bytes < all,
  });
  return length === null ? text : cut(text, length);
}

/** The text's beginning, not ended between the halves of a pair. */
function cut(text: string, length: number): string {
  const beginning = text.slice(0, length);
  return beginning.isWellFormed() ? beginning : beginning.slice(0, -1);
}

/** The bytes of all files of the member, with what was read out of them, and how many their plan allows. */
export async function fileUsageOf(
  db: Kysely<Database>,
  catalogue: Catalogue,
  member: { id: string; tier: TierId },
): Promise<{ bytes: number; bytesMax: number }> {
  const bytesMax = tierOf(catalogue, member).fileMegabytes * 1_000_000;
  return { bytes: await sumShownFileBytes(db, member.id), bytesMax };
}

/**
 * Deletes the member's file, which nothing refers to. Its bytes go with the next sweep of the cleaner.
 *
 * @throws NotFoundError, FileInUseError
 */
export async function deleteFile(db: Kysely<Database>, userId: string, id: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    if (!(await lockFile(trx, userId, id))) throw new NotFoundError('file');
    const deleted = await deleteUnreferredFiles(trx, [id]);
    if (deleted.length === 0) throw new FileInUseError();
    await deleteUnusedContents(trx, deleted.flatMap(hashesOf));
  });
}
