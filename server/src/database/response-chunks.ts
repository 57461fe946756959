import { type Kysely, type Selectable, sql } from 'kysely';
import { prepare } from './connection/prepared.ts';
import type { Statement } from './connection/statement.ts';
import type { Database } from './database.ts';
import type { OwnedResponse, ResponseRow } from './responses.ts';

export interface NewChunk {
  responseId: string;
  part: 'text' | 'reasoning';
  /** UTF-16 code units from the beginning of the part. */
  start: number;
  content: string;
}

/**
 * Appends to the journal of all these responses. Chunks of a response that `owner` no longer holds are left out: the
 * statement locks the response's row, and a process that takes the response over has to wait for the lock. A writer
 * that did not hear whether it was done may repeat it, with longer contents too. Returns the responses that `owner`
 * still holds.
 */
export function insertChunksStatement(owner: string, chunks: readonly NewChunk[]): Statement<OwnedResponse> {
  return insertChunkColumnsStatement({
    owner,
    responseIds: chunks.map(({ responseId }) => responseId),
    parts: chunks.map(({ part }) => part),
    starts: chunks.map(({ start }) => start),
    contents: chunks.map(({ content }) => content),
  });
}

interface ChunkColumns {
  owner: string;
  responseIds: string[];
  parts: string[];
  starts: number[];
  contents: string[];
}

const insertChunkColumnsStatement = prepare(
  (_db, { owner, responseIds, parts, starts, contents }: ChunkColumns) => sql<OwnedResponse>`
    with owned as (
      select id, stop_requested from response
      where id = any(${responseIds}::uuid[]) and lease_owner = ${owner} and lease_until is not null
      for share
    ), written as (
      insert into response_chunk (response_id, part, start, content)
      select chunk.* from unnest(
        ${responseIds}::uuid[], ${parts}::text[], ${starts}::integer[], ${contents}::text[]
      ) as chunk (response_id, part, start, content)
      join owned on owned.id = chunk.response_id
      on conflict (response_id, part, start) do update set content = excluded.content
        where length(excluded.content) > length(response_chunk.content)
    )
    select id, stop_requested from owned`,
);

export type ChunkRow = Selectable<Database['response_chunk']>;

/** All chunks of these responses, each part in order. */
export async function findChunks(db: Kysely<Database>, responseIds: readonly string[]): Promise<ChunkRow[]> {
  return db
    .selectFrom('response_chunk')
    .selectAll()
    .where('response_id', 'in', responseIds)
    .orderBy('response_id')
    .orderBy('part')
    .orderBy('start')
    .execute();
}

/**
 * Finds a response's chunks from the given places on, beginning with the chunks that hold them. Every row carries the
 * response's parts as of the same moment.
 */
export async function findChunksFrom(
  db: Kysely<Database>,
  responseId: string,
  from: { text: number; reasoning: number },
): Promise<(ChunkRow & Pick<ResponseRow, 'parts'>)[]> {
  const { rows } = await sql<ChunkRow & Pick<ResponseRow, 'parts'>>`
    select chunk.response_id, chunk.part, chunk.start, chunk.content,
      (select parts from response where id = chunk.response_id) as parts
    from (values ('text', ${from.text}::integer), ('reasoning', ${from.reasoning}::integer)) as reader (part, place)
    join response_chunk chunk on chunk.response_id = ${responseId} and chunk.part = reader.part
      and chunk.start >= coalesce((
        select max(start) from response_chunk
        where response_id = ${responseId} and part = reader.part and start <= reader.place
      ), 0)
    order by chunk.part, chunk.start`.execute(db);
  return rows;
}

export async function deleteChunks(trx: Kysely<Database>, responseId: string): Promise<void> {
  await trx.deleteFrom('response_chunk').where('response_id', '=', responseId).execute();
}
