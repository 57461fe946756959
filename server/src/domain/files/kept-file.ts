import type { Transaction } from 'kysely';
import { v7 as newId } from 'uuid';
import type { Database } from '../../database/database.ts';
import { takeContents } from '../../database/files/contents.ts';
import { type FileRow, insertFile, type NewFile } from '../../database/files/files.ts';
import type { ReadFile } from '../../ports/file-reader.ts';
import { contentOfPath, type FileContents, type NewContent } from './contents.ts';

/** A file that was read, with the contents that it is to have. */
export interface PreparedFile {
  row: Omit<NewFile, 'id' | 'user_id' | 'origin'>;
  contents: readonly NewContent[];
}

/** What is to be kept of a file that was read; its paths must stay until `keepPrepared` is done. */
export async function prepareFile(read: ReadFile): Promise<PreparedFile> {
  const content = await contentOfPath(read.contentPath);
  const text = read.textPath === null ? null : await contentOfPath(read.textPath);
  const thumbnail = read.thumbnailPath === null ? null : await contentOfPath(read.thumbnailPath);
  return {
    row: {
      name: read.name,
      media_type: read.mediaType,
      kind: read.kind,
      bytes: content.bytes,
      content_hash: content.hash,
      text_hash: text?.hash ?? null,
      text_tokens: text && (read.textTokens ?? 0),
      text_bytes_max: text && (read.textBytesMax ?? 0),
      pages: read.pages,
      width: read.width,
      height: read.height,
      thumbnail_hash: thumbnail?.hash ?? null,
    },
    contents: [content, text, thumbnail].filter((part) => part !== null),
  };
}

/** The bytes that the file takes of its member's room, as `sumOfBytes` counts: a small document may hold a long text. */
export function roomBytesOf({ row, contents }: PreparedFile): number {
  const counted = new Set([row.content_hash, row.text_hash]);
  const sizes = new Map(contents.map(({ hash, bytes }) => [hash, counted.has(hash) ? bytes : 0]));
  return [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
}

/** Has the contents in their store, where they stay for an hour. @throws FileStoreError */
export function keepPrepared(contents: FileContents, prepared: PreparedFile): Promise<void> {
  return contents.keep(prepared.contents);
}

/**
 * Makes the file, whose contents are kept, the user's. It is deleted in a day unless something refers to it.
 *
 * @param owner with `since`, from when on the file is said to be there; absent: from now on
 * @returns null if a content is not there any more: keep it anew, and try again
 */
export async function insertPrepared(
  trx: Transaction<Database>,
  { row }: PreparedFile,
  owner: { userId: string; origin: 'UPLOAD' | 'MODEL'; since?: Date },
): Promise<FileRow | null> {
  const hashes = hashesOf(row);
  if ((await takeContents(trx, hashes)) < hashes.length) return null;
  const { userId, origin, since } = owner;
  const id = since ? newId({ msecs: since.getTime() }) : newId();
  return insertFile(trx, { ...row, id, user_id: userId, origin, ...(since && { created_at: since }) });
}

/** The hashes of a file's contents, each once. */
export function hashesOf({
  content_hash,
  text_hash = null,
  thumbnail_hash = null,
}: Partial<Pick<NewFile, 'text_hash' | 'thumbnail_hash'>> & Pick<NewFile, 'content_hash'>): string[] {
  return [...new Set([content_hash, text_hash, thumbnail_hash])].filter((hash) => hash !== null);
}
