import type { Kysely } from 'kysely';
import type { Database } from '../../database/database.ts';
import { type FileRow, findFiles } from '../../database/files/files.ts';
import { NotFoundError } from '../ground/errors.ts';
import type { FileContents } from './contents.ts';

export {
  type FileRow,
  findFiles,
  findFilesOfResponses,
  findFilesOfTurns,
  type ResponseFileRow,
  type TurnFileRow,
} from '../../database/files/files.ts';

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

/** What models that cannot see the file are sent of it; null: it has no text. @throws FileStoreError */
export async function textOfFile(
  contents: FileContents,
  { text_hash }: Pick<FileRow, 'text_hash'>,
  signal?: AbortSignal,
): Promise<string | null> {
  return text_hash === null ? null : (await contents.load(text_hash, signal)).toString('utf8');
}
