import { type Kysely, sql } from 'kysely';
import { prepare } from '../connection/prepared.ts';
import type { Database } from '../database.ts';
import { HOUSE } from '../money/house.ts';
import { leaseEnd } from '../responses.ts';

export interface NewCall {
  id: string;
  /** HOUSE: the house asks. */
  userId: string;
  /** The account that pays. */
  creditAccountId: string;
  /** The API key that asked; null: a session did. */
  apiKeyId: string | null;
  modelId: string;
  inputTokensExpected: number;
  creditsHeld: number;
  /** JSON: see `response.prices`. */
  prices: string;
  owner: string;
  leaseMs: number;
}

/** Inserts a call: a response without a turn, QUEUED and leased to `owner` for `leaseMs`. */
export const insertCallStatement = prepare(
  (_db, call: NewCall) => sql<never>`
    insert into response (
      id, user_id, credit_account_id, api_key_id, lane, model_id, status, input_tokens_expected, credits_held, prices,
      lease_owner, lease_until
    ) values (
      ${call.id}::uuid, ${call.userId}, ${call.creditAccountId}::uuid, ${call.apiKeyId}, 0, ${call.modelId}, 'QUEUED',
      ${call.inputTokensExpected}::bigint, ${call.creditsHeld}::bigint, ${call.prices}::jsonb, ${call.owner}::uuid, ${leaseEnd(call.leaseMs)}
    )`,
);

/**
 * Deletes a call that has ended, and keeps the time of its admission for its member's rate limit. Fenced by the lease: if `owner`
 * does not hold it, nothing changes.
 *
 * @returns the credits that it held; undefined if nothing was deleted
 */
export async function deleteCall(trx: Kysely<Database>, owner: string, id: string): Promise<number | undefined> {
  const { rows } = await sql<{ credits_held: number }>`
    with ended as (
      delete from response where id = ${id} and turn_id is null and lease_owner = ${owner} and lease_until is not null
      returning user_id, created_at, credits_held
    ), kept as (
      insert into deleted_admission (user_id, admitted_at)
      select user_id, created_at from ended
      where created_at > statement_timestamp() - interval '1 minute' and user_id <> ${HOUSE}
    ), forgotten as (
      delete from deleted_admission using ended
      where deleted_admission.user_id = ended.user_id
        and admitted_at <= statement_timestamp() - interval '1 minute'
    )
    select credits_held from ended`.execute(trx);
  return rows[0]?.credits_held;
}
