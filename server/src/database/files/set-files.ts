import { type Insertable, type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from '../database.ts';
import { type FileRow, fileColumns } from './files.ts';

/** A file in its place in a prompt of a set. */
export type SetFileRow = FileRow & { item_id: string; position: number };

/** The files of prompts of sets, by their ids, by prompt and place. */
export async function findFilesOfSetPrompts(db: Kysely<Database>, itemIds: readonly string[]): Promise<SetFileRow[]> {
  return db
    .selectFrom('prompt_set_file')
    .innerJoin('file', 'file.id', 'prompt_set_file.file_id')
    .select(fileColumns)
    .select(['prompt_set_file.item_id', 'prompt_set_file.position'])
    .where('item_id', '=', sql<string>`any(${itemIds}::uuid[])`)
    .orderBy('prompt_set_file.item_id')
    .orderBy('prompt_set_file.position')
    .execute();
}

export async function insertSetFiles(
  trx: Transaction<Database>,
  files: readonly Insertable<Database['prompt_set_file']>[],
): Promise<void> {
  // A statement has at most 65,535 values.
  for (let start = 0; start < files.length; start += 500) {
    await trx
      .insertInto('prompt_set_file')
      .values(files.slice(start, start + 500))
      .execute();
  }
}

export async function deleteSetFiles(trx: Transaction<Database>, itemId: string): Promise<void> {
  await trx.deleteFrom('prompt_set_file').where('item_id', '=', itemId).execute();
}

/**
 * Copies the set's files of others for the user who is to use them, but those of which they have the same one already.
 * The bytes are not copied. What they have already stays until the transaction ends.
 *
 * @returns the bytes of the copies, as a quota counts them
 */
export async function copySetFiles(
  trx: Transaction<Database>,
  { setId, userId }: { setId: string; userId: string },
): Promise<number> {
  // The cleaner may be about to take an own file that is in no prompt: the statement after it sees which are left.
  await sql`
    select from file own
    where user_id = ${userId} and (content_hash, name) in (
      select content_hash, name from (${filesOfSet(setId)}) as file_of_set)
    order by id for key share of own`.execute(trx);
  const { rows } = await sql<{ bytes: number }>`
    with copied as (
      insert into file (
        id, user_id, name, media_type, kind, bytes, content_hash, text_hash, text_tokens, text_bytes_max, pages, width,
        height, thumbnail_hash, origin
      )
      select distinct on (content_hash, name)
        gen_random_uuid(), ${userId}, name, media_type, kind, bytes, content_hash, text_hash, text_tokens,
        text_bytes_max, pages, width, height, thumbnail_hash, origin
      from (${filesOfSet(setId)}) as foreign_file
      where user_id <> ${userId} and not exists (
        select from file own where own.user_id = ${userId}
          and own.content_hash = foreign_file.content_hash and own.name = foreign_file.name)
      returning bytes
    )
    select coalesce(sum(bytes), 0)::int8 as bytes from copied`.execute(trx);
  return rows[0]?.bytes ?? 0;
}

function filesOfSet(setId: string) {
  return sql`
    select file.* from prompt_set_item
    join prompt_set_file on prompt_set_file.item_id = prompt_set_item.id join file on file.id = prompt_set_file.file_id
    where prompt_set_item.set_id = ${setId}::uuid`;
}

/**
 * Has the user's evaluation keep the files of the set's prompts, in the order in which it has the prompts: theirs, or of
 * others' the same one that is theirs.
 */
export async function insertEvaluationFiles(
  trx: Transaction<Database>,
  { id, setId, userId }: { id: string; setId: string; userId: string },
): Promise<void> {
  await sql`
    insert into evaluation_file (evaluation_id, item, position, file_id)
    select ${id}::uuid, item.place, prompt_set_file.position, case when file.user_id = ${userId} then file.id else (
      select own.id from file own
      where own.user_id = ${userId} and own.content_hash = file.content_hash and own.name = file.name
      order by own.id limit 1) end
    from (
      select id, row_number() over (order by position, id) - 1 as place
      from prompt_set_item where set_id = ${setId}::uuid
    ) as item
    join prompt_set_file on prompt_set_file.item_id = item.id
    join file on file.id = prompt_set_file.file_id`.execute(trx);
}

/** The files of an evaluation's prompt, in their order. */
export async function findEvaluationFiles(
  db: Kysely<Database>,
  { evaluationId, position }: { evaluationId: string; position: number },
): Promise<Pick<FileRow, 'id' | 'name'>[]> {
  return db
    .selectFrom('evaluation_file')
    .innerJoin('file', 'file.id', 'evaluation_file.file_id')
    .select(['file.id', 'file.name'])
    .where('evaluation_id', '=', evaluationId)
    .where('item', '=', position)
    .orderBy('evaluation_file.position')
    .execute();
}
