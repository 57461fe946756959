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

/** `selectShownFiles` without those that only temporary conversations have: no list or export tells of these. */
function selectListedFiles(db: Kysely<Database>, userId: string) {
  return selectShownFiles(db, userId).where(sql<boolean>`not ${isTemporary}`);
}

/** Whether prompts or answers of conversations refer to the file that are temporary, or that are not. */
function isIn(kind: 'temporary' | 'kept') {
  const temporary = kind === 'temporary';
  return sql<boolean>`(
    exists (
      select from turn_file join turn on turn.id = turn_file.turn_id
        join conversation on conversation.id = turn.conversation_id
      where turn_file.file_id = file.id and conversation.temporary = ${temporary}
    )
    or exists (
      select from response_file join response on response.id = response_file.response_id
        join turn on turn.id = response.turn_id join conversation on conversation.id = turn.conversation_id
      where response_file.file_id = file.id and conversation.temporary = ${temporary}
    )
  )`;
}

/** Whether temporary conversations alone have the file, which goes with them. */
const isTemporary = sql<boolean>`(${isIn('temporary')} and not ${isIn('kept')}
  and not exists (select from prompt_set_file where prompt_set_file.file_id = file.id)
)`;

/** The user's listed files behind this id, in the order of their ids. */
export async function findOwnFiles(
  db: Kysely<Database>,
  userId: string,
  { after, limit }: { after: string | null; limit: number },
): Promise<FileRow[]> {
  return selectListedFiles(db, userId)
    .select(fileColumns)
    .$if(after !== null, (select) => select.where('id', '>', after as string))
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** A page of the user's listed files, the newest first, and how many there are. */
export function findFilePage(
  db: Kysely<Database>,
  userId: string,
  page: { after: string | null; limit: number },
): { rows: Promise<FileRow[]>; count: () => Promise<number> } {
  const listed = selectListedFiles(db, userId);
  return {
    rows: listed
      .select(fileColumns)
      .$if(page.after !== null, (select) => select.where('id', '<', page.after as string))
      .orderBy('id', 'desc')
      .limit(page.limit)
      .execute(),
    async count() {
      const { count } = await listed.select((eb) => eb.fn.countAll<number>().as('count')).executeTakeFirstOrThrow();
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
