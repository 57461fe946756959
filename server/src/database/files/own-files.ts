import { type Kysely, sql } from 'kysely';
import type { Database } from '../database.ts';
import { hiddenResponsesOfUser } from '../judging/hidden-turns.ts';
import { type FileRow, fileColumns, sumOfBytes } from './files.ts';

export type { FileRow } from './files.ts';

/**
 * The user's files, without what models made in hidden turns: these are shown with their answers, and only when those are. A list
 * would tell of them earlier.
 */
function selectShownFiles(db: Kysely<Database>, userId: string) {
  return db
    .selectFrom('file')
    .where('user_id', '=', userId)
    .where(
      sql<boolean>`not exists (
      select from response_file
      where response_file.file_id = file.id and response_file.response_id in ${hiddenResponsesOfUser(userId)}
    )`,
    );
}

/** The user's files behind this id, in the order of their ids. */
export async function findOwnFiles(
  db: Kysely<Database>,
  userId: string,
  { after, limit }: { after: string | null; limit: number },
): Promise<FileRow[]> {
  return selectShownFiles(db, userId)
    .select(fileColumns)
    .$if(after !== null, (select) => select.where('id', '>', after as string))
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** A page of the user's files, the newest first, and how many there are. */
export function findFilePage(
  db: Kysely<Database>,
  userId: string,
  page: { after: string | null; limit: number },
): { rows: Promise<FileRow[]>; count: () => Promise<number> } {
  const shown = selectShownFiles(db, userId);
  return {
    rows: shown
      .select(fileColumns)
      .$if(page.after !== null, (select) => select.where('id', '<', page.after as string))
      .orderBy('id', 'desc')
      .limit(page.limit)
      .execute(),
    async count() {
      const { count } = await shown.select((eb) => eb.fn.countAll<number>().as('count')).executeTakeFirstOrThrow();
      return count;
    },
  };
}

/** Sums the bytes of the user's files. */
export async function sumShownFileBytes(db: Kysely<Database>, userId: string): Promise<number> {
  const { bytes } = await selectShownFiles(db, userId).select(sumOfBytes.as('bytes')).executeTakeFirstOrThrow();
  return bytes;
}

/** The user's own upload of this name and content that something refers to; of several the newest. */
export async function findFileInUse(
  db: Kysely<Database>,
  userId: string,
  { name, contentHash }: { name: string; contentHash: string },
): Promise<FileRow | undefined> {
  return db
    .selectFrom('file')
    .select(fileColumns)
    .where('content_hash', '=', contentHash)
    .where('user_id', '=', userId)
    .where('name', '=', name)
    .where('origin', '=', 'UPLOAD')
    .where('expires_at', 'is', null)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
}
