import { type Kysely, sql } from 'kysely';
import { prepare } from '../connection/prepared.ts';
import { execute } from '../connection/statement.ts';
import type { Database } from '../database.ts';

export interface LockedAccountRow {
  balance: number;
  held: number;
  /** The team that owns it; null: a member does. */
  team_id: string | null;
}

/** Locks a credit account, whoever owns it. */
export const lockPayingAccountStatement = prepare<{ id: string }, LockedAccountRow>((db, { id }) =>
  db.selectFrom('credit_account').select(['balance', 'held', 'team_id']).where('id', '=', id).forUpdate(),
);

export interface HoldRow {
  credits_held: number;
  waits_for_credits: boolean;
}

/**
 * What a response holds, if `owner` still writes it. Must be a statement of its own under the lock of the account that
 * pays, under which alone a hold changes.
 */
export const findHoldStatement = prepare<{ id: string; owner: string }, HoldRow>((db, { id, owner }) =>
  db
    .selectFrom('response')
    .select(['credits_held', 'waits_for_credits'])
    .where('id', '=', id)
    .where('lease_owner', '=', owner)
    .where('lease_until', 'is not', null),
);

/** Adds to what a response holds. Fenced by the lease: returns no row, and changes nothing, if `owner` lost it. */
export const growHoldStatement = prepare<{ id: string; owner: string; by: number; waits: boolean }, { id: string }>(
  (db, { id, owner, by, waits }) =>
    db
      .updateTable('response')
      .set({ credits_held: sql`credits_held + ${by}`, waits_for_credits: waits })
      .where('id', '=', id)
      .where('lease_owner', '=', owner)
      .where('lease_until', 'is not', null)
      .returning('id'),
);

/** Whose answers are meant: those that match all that is not null. */
export interface WritingScope {
  creditAccountId: string | null;
  apiKeyId: string | null;
  userId: string | null;
}

/**
 * Whether another response is being written, and does not wait for credits itself: it will end, and give back what it
 * holds beyond its use.
 */
const findOthersWritingStatement = prepare<WritingScope & { id: string | null }, { exists: boolean }>(
  (_db, { id, creditAccountId, apiKeyId, userId }) =>
    sql<{ exists: boolean }>`
      select exists (
        select from response
        where lease_until is not null and not waits_for_credits and id is distinct from ${id}::uuid
          and credit_account_id = coalesce(${creditAccountId}::uuid, credit_account_id)
          and (${apiKeyId}::text is null or api_key_id = ${apiKeyId}::text)
          and user_id = coalesce(${userId}::text, user_id)
      )`,
);

/** @param id the response that asks; null: none */
export async function areOthersWriting(db: Kysely<Database>, id: string | null, scope: WritingScope): Promise<boolean> {
  const [row] = await execute(db, findOthersWritingStatement({ ...scope, id }));
  return row?.exists === true;
}
