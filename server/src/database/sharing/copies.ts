import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from '../database.ts';

/** A file that is to be copied for somebody, whose bytes stay where they are. */
export interface FileCopy {
  from: string;
  to: string;
}

/** Of the user's files those that have one of these contents. They stay until the transaction ends. */
export async function keepSameFiles(
  trx: Transaction<Database>,
  userId: string,
  hashes: readonly string[],
): Promise<{ id: string; name: string; content_hash: string }[]> {
  return trx
    .selectFrom('file')
    .select(['id', 'name', 'content_hash'])
    .where('user_id', '=', userId)
    .where('content_hash', '=', sql<string>`any(${[...hashes]}::text[])`)
    .orderBy('id')
    .forKeyShare()
    .execute();
}

/** Copies files for the user. @returns their bytes, as a quota counts them */
export async function copyFiles(
  trx: Transaction<Database>,
  userId: string,
  copies: readonly FileCopy[],
): Promise<number> {
  const { rows } = await sql<{ bytes: number }>`
    with copied as (
      insert into file (
        id, user_id, name, media_type, kind, bytes, content_hash, text_hash, text_tokens, text_bytes_max, pages, width,
        height, thumbnail_hash, origin
      )
      select copy.id, ${userId}, name, media_type, kind, bytes, content_hash, text_hash, text_tokens, text_bytes_max,
        pages, width, height, thumbnail_hash, origin
      from unnest(${copies.map(({ to }) => to)}::uuid[], ${copies.map(({ from }) => from)}::uuid[]) as copy (id, from_id)
      join file on file.id = copy.from_id
      returning bytes
    )
    select coalesce(sum(bytes), 0)::int8 as bytes from copied`.execute(trx);
  return rows[0]?.bytes ?? 0;
}

/** An answer that is copied into a turn of somebody else's; `parts` is JSON. */
export interface AnswerCopy {
  from: string;
  to: string;
  turnId: string;
  parts: string;
}

/** Copies final answers, without what their models thought, their costs and their figures. */
export async function copyAnswers(
  trx: Transaction<Database>,
  { userId, conversationId }: { userId: string; conversationId: string },
  copies: readonly AnswerCopy[],
): Promise<void> {
  await sql`
    insert into response (
      id, turn_id, conversation_id, user_id, lane, model_id, served_by, status, text, parts, refusal, citations,
      finish_reason, failure_code, failure_message, input_tokens_expected, credits_held, credits_charged, finished_at
    )
    select copy.id, copy.turn_id, ${conversationId}::uuid, ${userId}, lane, model_id, served_by, status, text,
      copy.parts::jsonb, refusal, citations, finish_reason, failure_code,
      case when failure_code is not null then 'It failed where it was shared.' end, 0, 0, 0, clock_timestamp()
    from unnest(
      ${copies.map(({ to }) => to)}::uuid[], ${copies.map(({ from }) => from)}::uuid[],
      ${copies.map(({ turnId }) => turnId)}::uuid[], ${copies.map(({ parts }) => parts)}::text[]
    ) as copy (id, from_id, turn_id, parts)
    join response on response.id = copy.from_id`.execute(trx);
}

/** A file in its place in a prompt or an answer. */
export interface PlacedFile {
  of: string;
  position: number;
  fileId: string;
}

export async function placeTurnFiles(db: Kysely<Database>, placed: readonly PlacedFile[]): Promise<void> {
  if (placed.length === 0) return;
  const rows = placed.map(({ of, position, fileId }) => ({ turn_id: of, position, file_id: fileId }));
  await db.insertInto('turn_file').values(rows).execute();
}

export async function placeResponseFiles(db: Kysely<Database>, placed: readonly PlacedFile[]): Promise<void> {
  if (placed.length === 0) return;
  const rows = placed.map(({ of, position, fileId }) => ({ response_id: of, position, file_id: fileId }));
  await db.insertInto('response_file').values(rows).execute();
}
