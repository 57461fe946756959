import { type Insertable, type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import { prepare } from '../connection/prepared.ts';
import type { Database } from '../database.ts';

export type FileRow = Omit<Selectable<Database['file']>, 'expires_at'>;

export const fileColumns = [
  'file.id',
  'file.user_id',
  'file.name',
  'file.media_type',
  'file.kind',
  'file.bytes',
  'file.content_hash',
  'file.text_hash',
  'file.text_tokens',
  'file.text_bytes_max',
  'file.pages',
  'file.width',
  'file.height',
  'file.thumbnail_hash',
  'file.origin',
  'file.created_at',
] as const;

/** The user's own files of these ids, in no order. */
export async function findFiles(db: Kysely<Database>, userId: string, ids: readonly string[]): Promise<FileRow[]> {
  return db.selectFrom('file').select(fileColumns).where('user_id', '=', userId).where('id', 'in', ids).execute();
}

/** A file in its place in a turn. */
export type TurnFileRow = FileRow & { turn_id: string; position: number };

/**
 * `findFiles` for a transaction that will refer to them: until it ends none of them is deleted. `ids` may be empty.
 */
export const keepFilesStatement = prepare((db, { userId, ids }: { userId: string; ids: readonly string[] }) =>
  db
    .selectFrom('file')
    .select(fileColumns)
    .where('user_id', '=', userId)
    .where(sql<boolean>`file.id = any(${ids}::uuid[])`)
    .orderBy('id')
    .forKeyShare(),
);

/** The files of the user's turns, by turn and place. */
export async function findFilesOfTurns(
  db: Kysely<Database>,
  userId: string,
  turnIds: readonly string[],
): Promise<TurnFileRow[]> {
  return db
    .selectFrom('turn_file')
    .innerJoin('turn', 'turn.id', 'turn_file.turn_id')
    .innerJoin('file', 'file.id', 'turn_file.file_id')
    .select(fileColumns)
    .select(['turn_file.turn_id', 'turn_file.position'])
    .where('turn.user_id', '=', userId)
    .where('turn_file.turn_id', 'in', turnIds)
    .orderBy('turn_file.turn_id')
    .orderBy('turn_file.position')
    .execute();
}

/** The files of all turns of a conversation, by turn and place. */
export const findFilesOfConversationStatement = prepare(
  (db, { userId, conversationId }: { userId: string; conversationId: string }) =>
    db
      .selectFrom('turn_file')
      .innerJoin('turn', 'turn.id', 'turn_file.turn_id')
      .innerJoin('file', 'file.id', 'turn_file.file_id')
      .select(fileColumns)
      .select(['turn_file.turn_id', 'turn_file.position'])
      .where('turn.user_id', '=', userId)
      .where('turn.conversation_id', '=', conversationId)
      .orderBy('turn_file.turn_id')
      .orderBy('turn_file.position'),
);

/** Puts the files into the turn, in this order. */
export const insertTurnFilesStatement = prepare(
  (_db, { turnId, fileIds }: { turnId: string; fileIds: readonly string[] }) =>
    sql`
      insert into turn_file (turn_id, position, file_id)
      select ${turnId}::uuid, place - 1, id from unnest(${fileIds}::uuid[]) with ordinality as given (id, place)`,
);

/** A file in its place in a response. */
export type ResponseFileRow = FileRow & { response_id: string; position: number };

/** The files that models made in the user's responses, by response and place. */
export async function findFilesOfResponses(
  db: Kysely<Database>,
  userId: string,
  responseIds: readonly string[],
): Promise<ResponseFileRow[]> {
  return db
    .selectFrom('response_file')
    .innerJoin('response', 'response.id', 'response_file.response_id')
    .innerJoin('file', 'file.id', 'response_file.file_id')
    .select(fileColumns)
    .select(['response_file.response_id', 'response_file.position'])
    .where('response.user_id', '=', userId)
    .where('response_file.response_id', 'in', responseIds)
    .orderBy('response_file.response_id')
    .orderBy('response_file.position')
    .execute();
}

/** The files that the response's model made, by their places among the images of its parts, in order. */
export async function findMadeFiles(
  db: Kysely<Database>,
  responseId: string,
): Promise<{ place: number; file_id: string }[]> {
  // The parts of a continuation begin with those of the response that it goes on from.
  const { rows } = await sql<{ place: number; file_id: string }>`
    select made.file_id, made.position + (
      select count(*) from response earlier cross join jsonb_array_elements(earlier.parts) part
      where earlier.id = response.continues_id and part ->> 'kind' = 'image'
    )::integer as place
    from response_file made join response on response.id = made.response_id
    where made.response_id = ${responseId}::uuid
    order by made.position`.execute(db);
  return rows;
}

/** Puts a file into its place in the response, unless that is final: then another process has ended it. */
export const insertResponseFileStatement = prepare(
  (_db, { responseId, position, fileId }: { responseId: string; position: number; fileId: string }) =>
    sql<{ file_id: string }>`
      insert into response_file (response_id, position, file_id)
      select id, ${position}::smallint, ${fileId}::uuid from response
      where id = ${responseId}::uuid and finished_at is null for share
      returning file_id`,
);

export type NewFile = Omit<Insertable<Database['file']>, 'expires_at'>;

export async function insertFile(trx: Transaction<Database>, file: NewFile): Promise<FileRow> {
  return trx.insertInto('file').values(file).returning(fileColumns).executeTakeFirstOrThrow();
}

/** The bytes of files together, each with what was read out of it where that is kept beside it: a quota counts them. */
export const sumOfBytes = sql<number>`coalesce(sum(file.bytes + coalesce((
  select text.bytes from file_content text where text.hash = file.text_hash and text.hash <> file.content_hash
), 0)), 0)::int8`;

/** Sums the bytes of all files of the user, hidden ones too. */
export async function sumFileBytes(db: Kysely<Database>, userId: string): Promise<number> {
  const { bytes } = await db
    .selectFrom('file')
    .select(sumOfBytes.as('bytes'))
    .where('user_id', '=', userId)
    .executeTakeFirstOrThrow();
  return bytes;
}
