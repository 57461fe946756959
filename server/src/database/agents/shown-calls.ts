import { type Kysely, sql } from 'kysely';
import type { Database } from '../database.ts';

/** A call of an answer's tool, as it is shown: the files of its result without their bytes, of which `length` characters of base64 are kept. */
export interface ShownCallRow {
  id: string;
  arguments: string;
  /** Null: it has no result. */
  content: ShownContent[] | null;
  /** Whether the call came after others with as much as was asked for, and was left out. */
  withheld: boolean;
}

export type ShownContent =
  | { type: 'text'; text: string }
  | { type: 'file'; mediaType: string; name: string | null; length: number };

/** The texts of these calls, of answers of the member, until they come to `bytesMax`; the other ones are `withheld`. */
export async function findShownCallsWithin(
  db: Kysely<Database>,
  userId: string,
  { ids, bytesMax }: { ids: readonly string[]; bytesMax: number },
): Promise<ShownCallRow[]> {
  const { rows } = await sql<ShownCallRow>`
    with told as (
      select call.id, call.arguments, (
        select jsonb_agg(
          case when part ? 'data' then (part - 'data') || jsonb_build_object('length', length(part->>'data')) else part end
          order by place
        )
        from jsonb_array_elements(call.result->'content') with ordinality as parts (part, place)
      ) as content
      from tool_call call join response on response.id = call.response_id
      where response.user_id = ${userId} and call.id = any(${ids}::uuid[])
    )
    select id, withheld, case when withheld then '' else arguments end as arguments,
      case when withheld then null else content end as content
    from (
      select told.*, sum(octet_length(arguments) + coalesce(octet_length(content::text), 0))
        over (order by id) > ${bytesMax}::bigint as withheld
      from told
    ) as shown`.execute(db);
  return rows;
}

/** A file of the result of a call, of an answer of the member. Undefined: there is none at this place. */
export async function findResultFile(
  db: Kysely<Database>,
  userId: string,
  { callId, place }: { callId: string; place: number },
): Promise<{ mediaType: string | null; data: string | null } | undefined> {
  const { rows } = await sql<{ mediaType: string | null; data: string | null }>`
    select call.result->'content'->${place}::int->>'mediaType' as "mediaType",
      call.result->'content'->${place}::int->>'data' as data
    from tool_call call join response on response.id = call.response_id
    where response.user_id = ${userId} and call.id = ${callId}::uuid`.execute(db);
  return rows[0];
}
