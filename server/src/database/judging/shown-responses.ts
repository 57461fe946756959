import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Database } from '../database.ts';
import { type ResponseRow, responseColumns } from '../responses.ts';
import { isHidden, isKnownMerge, isPending } from './hidden-turns.ts';

/**
 * A response as its member is shown it. While its turn hides its models, everything that could tell them is masked, and as
 * long as an answer of the turn is being written, all of them are STREAMING and have no text.
 */
export interface ShownResponseRow extends ResponseRow {
  /** Whether the turn hides its models. */
  hidden: boolean;
  /** Whether the hidden turn is shown as its answers come. */
  unpaced: boolean;
  /** Set by the reads that are bounded: the texts did not fit into the bytes asked for, and were left out. */
  withheld?: boolean;
}

/** What even a hidden response shows. Every other column, also one that is added later, is masked. */
const plain: ReadonlySet<keyof ResponseRow> = new Set([
  'id',
  'turn_id',
  'conversation_id',
  'user_id',
  'lane',
  'regenerated',
  'created_at',
  'chosen_at',
  'continues_id',
  'credit_account_id',
  'api_key_id',
] as const);

const letters = sql<string>`case when lane < 26 then '' else chr(64 + lane / 26) end || chr(65 + lane % 26)`;
/** See `standInModel` in domain/catalogue. */
const standIn = sql<string>`'blind/' || ${letters}`;

/**
 * The text as one part and the images behind it, without what stands between them. They tell no more of a model than its words
 * do: they are drawn anew, without metadata. Null: there are no images.
 */
const textAndImages = sql`(
  select '[{"kind":"text","start":0}]'::jsonb || jsonb_agg(
    jsonb_build_object('kind', 'image', 'data', part -> 'data') order by place
  )
  from jsonb_array_elements(response.parts) with ordinality as each_part (part, place)
  where part ->> 'kind' = 'image'
)`;

/** @param isTold whether the reader has been told of the response's end, though others of its turn are being written */
function masks(isTold: boolean): Partial<Record<keyof ResponseRow, RawBuilder<unknown>>> {
  const isLive = sql<boolean>`response.lease_until is not null`;
  const pending = isTold ? sql<boolean>`false` : isPending('hidden_turn');
  return {
    model_id: standIn,
    served_by: standIn,
    status: sql`case when ${isLive} or ${pending} then 'STREAMING' else response.status end`,
    text: sql`case when ${pending} then '' else response.text end`,
    reasoning: sql`''`,
    parts: sql`case when not ${pending} then ${textAndImages} end`,
    citations: sql`'[]'::jsonb`,
    attempts: sql`'[]'::jsonb`,
    input_tokens_expected: sql`0`,
    credits_held: sql`0`,
    stop_requested: sql`false`,
    // A merge that was asked for with the prompt hides among its sources.
    merge: sql`case when ${isKnownMerge('response')} then response.merge end`,
  };
}

/** The table of responses as members are shown it, under the name `response`. */
function shownResponses(isTold: boolean) {
  const masked = masks(isTold);
  const selected = responseColumns.map((name) => {
    const column = sql.ref(`response.${name}`);
    if (plain.has(name)) return column;
    return sql`case when hidden_turn.id is null then ${column} else ${masked[name] ?? sql`null`} end as ${sql.ref(name)}`;
  });
  return sql<ShownResponseRow>`(
    select ${sql.join(selected)}, hidden_turn.id is not null as hidden, coalesce(hidden_turn.unpaced, false) as unpaced
    from response left join turn hidden_turn on hidden_turn.id = response.turn_id and ${isHidden('hidden_turn')}
    where response.turn_id is not null
  )`.as<'response'>(sql.ref('response'));
}

const columns = [...responseColumns, 'hidden', 'unpaced'] as const;
const columnsBesideTexts = columns.filter((name) => name !== 'text' && name !== 'reasoning');

/**
 * Columns that add the texts to a query's rows, in order, until they come to `bytesMax` in all; the other rows are
 * `withheld`.
 */
function textsWithin(bytesMax: number) {
  const bytes = sql<number>`sum(octet_length(text) + octet_length(reasoning)) over (order by turn_id, lane, created_at, id)`;
  return [
    sql<string>`case when ${bytes} <= ${bytesMax} then text else '' end`.as('text'),
    sql<string>`case when ${bytes} <= ${bytesMax} then reasoning else '' end`.as('reasoning'),
    sql<boolean>`${bytes} > ${bytesMax}`.as('withheld'),
  ] as const;
}

function ofMember(db: Kysely<Database>, userId: string, ids: readonly string[], isTold: boolean) {
  return db
    .selectFrom(shownResponses(isTold))
    .select(columns)
    .where('user_id', '=', userId)
    .where('id', 'in', ids)
    .execute();
}

export async function findShownResponses(
  db: Kysely<Database>,
  userId: string,
  ids: readonly string[],
): Promise<ShownResponseRow[]> {
  return ofMember(db, userId, ids, false);
}

/** `findShownResponses` for a reader who has been told all of these texts, and that they have ended. */
export async function findToldResponses(
  db: Kysely<Database>,
  userId: string,
  ids: readonly string[],
): Promise<ShownResponseRow[]> {
  return ofMember(db, userId, ids, true);
}

export async function findShownResponsesWithin(
  db: Kysely<Database>,
  userId: string,
  { ids, bytesMax }: { ids: readonly string[]; bytesMax: number },
): Promise<ShownResponseRow[]> {
  return db
    .selectFrom(shownResponses(false))
    .select(columnsBesideTexts)
    .select(textsWithin(bytesMax))
    .where('user_id', '=', userId)
    .where('id', 'in', ids)
    .execute() as Promise<ShownResponseRow[]>;
}

/** All responses of these turns, superseded ones included, by turn, lane and age, oldest first. */
export async function findShownResponsesOfTurnsWithin(
  db: Kysely<Database>,
  userId: string,
  { turnIds, bytesMax }: { turnIds: readonly string[]; bytesMax: number },
): Promise<ShownResponseRow[]> {
  return db
    .selectFrom(shownResponses(false))
    .select(columnsBesideTexts)
    .select(textsWithin(bytesMax))
    .where('user_id', '=', userId)
    .where('turn_id', 'in', turnIds)
    .orderBy('turn_id')
    .orderBy('lane')
    .orderBy('created_at')
    .orderBy('id')
    .execute() as Promise<ShownResponseRow[]>;
}
