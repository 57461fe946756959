import { type Kysely, type Selectable, sql, type Updateable } from 'kysely';
import { prepare } from './connection/prepared.ts';
import type { Statement } from './connection/statement.ts';
import type { Database } from './database.ts';

/** Any response: one of a turn, or a program's call. */
export type AnyResponseRow = Omit<Selectable<Database['response']>, 'waits_for_credits'>;

/** A response of a turn. */
export type ResponseRow = AnyResponseRow & { turn_id: string; conversation_id: string };

/** All columns of a response. */
export const responseColumns = [
  'id',
  'turn_id',
  'conversation_id',
  'user_id',
  'lane',
  'regenerated',
  'model_id',
  'served_by',
  'status',
  'text',
  'reasoning',
  'parts',
  'refusal',
  'citations',
  'finish_reason',
  'shortened_by',
  'failure_code',
  'failure_message',
  'attempts',
  'input_tokens',
  'cached_input_tokens',
  'cache_write_input_tokens',
  'output_tokens',
  'reasoning_tokens',
  'usage_estimated',
  'input_tokens_expected',
  'credits_held',
  'credits_charged',
  'first_token_ms',
  'duration_ms',
  'created_at',
  'finished_at',
  'lease_owner',
  'lease_until',
  'stop_requested',
  'chosen_at',
  'continues_id',
  'credit_account_id',
  'api_key_id',
  'merge',
  'prices',
  'files_sent',
  'agent',
] as const;

const columns = responseColumns;

/** New responses of one turn. The arrays have one element a response, in the same order. */
export interface NewResponses {
  turnId: string;
  conversationId: string;
  userId: string;
  /** The account that pays. */
  creditAccountId: string;
  /** The API key that asks; null: a session does. */
  apiKeyId: string | null;
  regenerated: boolean;
  owner: string;
  leaseMs: number;
  ids: string[];
  lanes: number[];
  modelIds: string[];
  inputTokensExpected: number[];
  creditsHeld: number[];
  /** JSON: see `response.prices`. */
  prices: string[];
  /** JSON: see `response.files_sent`. */
  filesSent: (string | null)[];
  /** JSON: see `response.merge`. */
  merges: (string | null)[];
  /** JSON: see `response.agent`. */
  agents: (string | null)[];
  /** Whether it begins after others, and gives nothing back before. */
  waits: boolean[];
}

/** Inserts the responses QUEUED, leased to `owner` for `leaseMs`. */
export const insertResponsesStatement = prepare(
  (_db, to: NewResponses) => sql<never>`
    insert into response (
      id, turn_id, conversation_id, user_id, credit_account_id, api_key_id, lane, regenerated, model_id, status,
      merge, agent, input_tokens_expected, credits_held, prices, files_sent, waits_for_credits, lease_owner, lease_until
    )
    select
      lane.id, ${to.turnId}::uuid, ${to.conversationId}::uuid, ${to.userId}, ${to.creditAccountId}::uuid,
      ${to.apiKeyId}, lane.number, ${to.regenerated}::boolean, lane.model_id, 'QUEUED',
      lane.merge, lane.agent, lane.input_tokens_expected,
      lane.credits_held, lane.prices, lane.files_sent, lane.waits, ${to.owner}::uuid, ${leaseEnd(to.leaseMs)}
    from unnest(
      ${to.ids}::uuid[], ${to.lanes}::integer[], ${to.modelIds}::text[],
      ${to.inputTokensExpected}::bigint[], ${to.creditsHeld}::bigint[], ${to.prices}::jsonb[],
      ${to.filesSent}::jsonb[], ${to.merges}::jsonb[], ${to.agents}::jsonb[], ${to.waits}::boolean[]
    ) as lane (id, number, model_id, input_tokens_expected, credits_held, prices, files_sent, merge, agent, waits)`,
);

interface BeginningMerge {
  id: string;
  owner: string;
  /** JSON: see `response.merge`. */
  merge: string;
  inputTokensExpected: number;
}

/** Stores what a merge that has waited for its sources is made from. Fenced by the lease: returns no row if `owner` lost it. */
export const beginMergeStatement = prepare(
  (_db, { id, owner, merge, inputTokensExpected }: BeginningMerge) => sql<{ id: string }>`
    update response
    set merge = ${merge}::jsonb, input_tokens_expected = ${inputTokensExpected}::bigint, waits_for_credits = false
    where id = ${id}::uuid and lease_owner = ${owner}::uuid and lease_until is not null
    returning id`,
);

export function leaseEnd(leaseMs: number) {
  return sql<Date>`clock_timestamp() + ${leaseMs} * interval '1 millisecond'`;
}

/**
 * The member's responses as they are, for the domain's own work: what a member is shown is read by
 * `judging/shown-responses.ts`, which hides the models of blind turns.
 */
export async function findResponses(
  db: Kysely<Database>,
  userId: string,
  ids: readonly string[],
): Promise<ResponseRow[]> {
  return ofTurns(db).select(columns).where('user_id', '=', userId).where('id', 'in', ids).execute() as Promise<
    ResponseRow[]
  >;
}

function ofTurns(db: Kysely<Database>) {
  return db.selectFrom('response').where('turn_id', 'is not', null);
}

/**
 * All responses of these turns, superseded ones included, by turn, lane and age, oldest first, as they are: see
 * `findResponses`.
 */
export async function findResponsesOfTurns(
  db: Kysely<Database>,
  userId: string,
  turnIds: readonly string[],
): Promise<ResponseRow[]> {
  return db
    .selectFrom('response')
    .select(columns)
    .where('user_id', '=', userId)
    .where('turn_id', 'in', turnIds)
    .orderBy('turn_id')
    .orderBy('lane')
    .orderBy('created_at')
    .orderBy('id')
    .execute() as Promise<ResponseRow[]>;
}

export async function countLiveAmong(db: Kysely<Database>, ids: readonly string[]): Promise<number> {
  const { count } = await db
    .selectFrom('response')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('id', 'in', ids)
    .where('lease_until', 'is not', null)
    .executeTakeFirstOrThrow();
  return count;
}

export async function findLiveResponsesOfConversation(
  db: Kysely<Database>,
  userId: string,
  conversationId: string,
): Promise<ResponseRow[]> {
  return db
    .selectFrom('response')
    .select(columns)
    .where('user_id', '=', userId)
    .where('conversation_id', '=', conversationId)
    .where('lease_until', 'is not', null)
    .execute() as Promise<ResponseRow[]>;
}

/** The turns of the conversation, on whichever branch, with a response that is being written: the newest of them. */
export async function findWritingTurnIds(
  db: Kysely<Database>,
  userId: string,
  { conversationId, limit }: { conversationId: string; limit: number },
): Promise<string[]> {
  const rows = await db
    .selectFrom('response')
    .select('turn_id')
    .distinct()
    .where('user_id', '=', userId)
    .where('conversation_id', '=', conversationId)
    .where('lease_until', 'is not', null)
    .where('turn_id', 'is not', null)
    .orderBy('turn_id', 'desc')
    .limit(limit)
    .$narrowType<{ turn_id: string }>()
    .execute();
  return rows.map(({ turn_id }) => turn_id);
}

/** The member's responses that are being written, their programs' calls among them. */
export async function findLiveResponsesOfUser(db: Kysely<Database>, userId: string): Promise<AnyResponseRow[]> {
  return db
    .selectFrom('response')
    .select(columns)
    .where('user_id', '=', userId)
    .where('lease_until', 'is not', null)
    .execute();
}

export interface OwnedResponse {
  id: string;
  stop_requested: boolean;
}

export interface ResponseProgress {
  id: string;
  servedBy: string;
  /** JSON. */
  attempts: string;
  /** JSON. */
  parts: string;
  firstTokenMs: number | null;
}

/**
 * Stores the progress of the responses that `owner` still holds and marks them STREAMING, for readers in other
 * processes.
 */
export function setProgressStatement(owner: string, progress: readonly ResponseProgress[]): Statement<never> {
  return setProgressColumnsStatement({
    owner,
    ids: progress.map(({ id }) => id),
    servedBy: progress.map(({ servedBy }) => servedBy),
    attempts: progress.map(({ attempts }) => attempts),
    parts: progress.map(({ parts }) => parts),
    firstTokenMs: progress.map(({ firstTokenMs }) => firstTokenMs),
  });
}

interface ProgressColumns {
  owner: string;
  ids: string[];
  servedBy: string[];
  attempts: string[];
  parts: string[];
  firstTokenMs: (number | null)[];
}

const setProgressColumnsStatement = prepare(
  (_db, { owner, ids, servedBy, attempts, parts, firstTokenMs }: ProgressColumns) => sql<never>`
    update response
    set status = 'STREAMING', served_by = progress.served_by, attempts = progress.attempts,
      parts = progress.parts, first_token_ms = progress.first_token_ms
    from unnest(
      ${ids}::uuid[], ${servedBy}::text[], ${attempts}::jsonb[], ${parts}::jsonb[], ${firstTokenMs}::integer[]
    ) as progress (id, served_by, attempts, parts, first_token_ms)
    where response.id = progress.id and lease_owner = ${owner} and lease_until is not null`,
);

/**
 * Renews the leases of the named responses only: a response that its process could not finish must be left for the
 * others to recover.
 *
 * @returns the responses that `owner` still holds
 */
export async function renewLeases(
  db: Kysely<Database>,
  ids: readonly string[],
  { owner, leaseMs }: { owner: string; leaseMs: number },
): Promise<OwnedResponse[]> {
  return db
    .updateTable('response')
    .set({ lease_until: leaseEnd(leaseMs) })
    .where('id', '=', sql<string>`any(${ids}::uuid[])`)
    .where('lease_owner', '=', owner)
    .where('lease_until', 'is not', null)
    .returning(['id', 'stop_requested'])
    .execute();
}

export async function findLiveLeases(db: Kysely<Database>): Promise<{ id: string }[]> {
  return db.selectFrom('response').select('id').where('lease_until', 'is not', null).orderBy('lease_until').execute();
}

export async function findExpiredLeases(db: Kysely<Database>, limit: number): Promise<AnyResponseRow[]> {
  return db
    .selectFrom('response')
    .select(columns)
    .where('lease_until', '<', sql<Date>`clock_timestamp()`)
    .orderBy('lease_until')
    .limit(limit)
    .execute();
}

/**
 * Takes a live response over, so that its former owner can write nothing more to it.
 *
 * @param expired whether to take it only if its lease has run out
 * @returns the row as it is now; undefined if it is final, or another process was first
 */
export async function takeLease(
  db: Kysely<Database>,
  id: string,
  { owner, leaseMs, expired }: { owner: string; leaseMs: number; expired: boolean },
): Promise<AnyResponseRow | undefined> {
  return db
    .updateTable('response')
    .set({ lease_owner: owner, lease_until: leaseEnd(leaseMs) })
    .where('id', '=', id)
    .where('lease_until', 'is not', null)
    .$if(expired, (update) => update.where('lease_until', '<', sql<Date>`clock_timestamp()`))
    .returning(columns)
    .executeTakeFirst();
}

export async function requestStops(db: Kysely<Database>, ids: readonly string[]): Promise<void> {
  await db
    .updateTable('response')
    .set({ stop_requested: true })
    .where('id', 'in', ids)
    .where('lease_until', 'is not', null)
    .execute();
}

export async function findRequestedStops(db: Kysely<Database>, owner: string): Promise<string[]> {
  const rows = await db
    .selectFrom('response')
    .select('id')
    .where('lease_until', 'is not', null)
    .where('lease_owner', '=', owner)
    .where('stop_requested', '=', true)
    .execute();
  return rows.map(({ id }) => id);
}

/**
 * Makes a response final, charged `credits` but at most what it holds. Fenced by the lease: if `owner` does not hold it, nothing changes.
 *
 * @returns the credits that it held; undefined if it did not become final
 */
export async function setResponseFinal(
  trx: Kysely<Database>,
  owner: string,
  id: string,
  { credits, ...final }: Updateable<Database['response']> & { credits: number },
): Promise<number | undefined> {
  const row = await trx
    .updateTable('response')
    .set({
      ...final,
      credits_charged: sql`least(${credits}::bigint, credits_held)`,
      finished_at: sql`clock_timestamp()`,
      lease_owner: null,
      lease_until: null,
    })
    .where('id', '=', id)
    .where('lease_owner', '=', owner)
    .where('lease_until', 'is not', null)
    .returning('credits_held')
    .executeTakeFirst();
  return row?.credits_held;
}
