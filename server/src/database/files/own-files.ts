import type { Kysely } from 'kysely';
import type { Database } from '../database.ts';
import { type FileRow, fileColumns } from './files.ts';

export type { FileRow } from './files.ts';

/** The user's files behind this id, in the order of their ids. */
export async function findOwnFiles(
  db: Kysely<Database>,
  userId: string,
  { after, limit }: { after: string | null; limit: number },
): Promise<FileRow[]> {
  return db
    .selectFrom('file')
    .select(fileColumns)
    .where('user_id', '=', userId)
    .$if(after !== null, (select) => select.where('id', '>', after as string))
    .orderBy('id')
    .limit(limit)
    .execute();
}
