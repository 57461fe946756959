import type { Kysely } from 'kysely';
import type { Database } from '../../database/database.ts';
import { type FileRow, findOwnFiles } from '../../database/files/own-files.ts';
import { inBase64 } from '../files/base64.ts';
import { type FileContents, isStoreUnavailable } from '../files/contents.ts';

const ROWS = 100;

/** The member's files, each as JSON in pieces, with their bytes in base64; null in their place if their store is away. */
export async function* myFiles(
  db: Kysely<Database>,
  contents: Pick<FileContents, 'open'>,
  userId: string,
): AsyncGenerator<AsyncIterable<string>> {
  const find = (after: string | null) => findOwnFiles(db, userId, { after, limit: ROWS });
  for (let page = await find(null); page.length > 0; page = await find(page.at(-1)?.id ?? null)) {
    for (const file of page) yield withContent(file, contents);
  }
}

async function* withContent(file: FileRow, contents: Pick<FileContents, 'open'>): AsyncGenerator<string> {
  const { id, name, media_type: mediaType, kind, bytes, pages, width, height, origin, created_at: createdAt } = file;
  const told = { id, name, mediaType, kind, bytes, pages, width, height, origin, createdAt };
  yield `${JSON.stringify(told).slice(0, -1)},"base64":`;
  const opened = await contents.open(file.content_hash).catch((error: unknown) => {
    if (isStoreUnavailable(error)) return null;
    throw error;
  });
  if (!opened) return yield 'null}';
  yield '"';
  yield* inBase64(opened.stream);
  yield '"}';
}
