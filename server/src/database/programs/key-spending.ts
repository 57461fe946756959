import { type Kysely, sql } from 'kysely';
import { prepare } from '../connection/prepared.ts';
import { execute } from '../connection/statement.ts';
import { currentMonth } from '../credits.ts';
import type { Database } from '../database.ts';
import { hiddenSpendingOfKey } from '../judging/hidden-turns.ts';

/** What an API key was charged in the current month. */
export const chargedThisMonth = sql<number>`case when charged_month >= ${currentMonth} then charged else 0 end`;

/**
 * Adds to what the key was charged in the month, as `changeCreditAccountStatement` does for an account; changes nothing
 * if the key was revoked meanwhile.
 */
export const chargeApiKeyStatement = prepare((db, { id, credits }: { id: string; credits: number }) =>
  db
    .updateTable('api_key')
    .set({
      charged: sql`${chargedThisMonth} + ${credits}`,
      charged_month: sql`greatest(charged_month, ${currentMonth}::date)`,
    })
    .where('id', '=', id)
    .returning(['charged', 'monthly_credits']),
);

export interface KeySpendingRow {
  /** The credits that were charged this month for what the key asked, and those that are held for it now. */
  spent: number;
  /** Those of them that were charged. */
  charged: number;
  /** Null: the key has no limit. */
  limit: number | null;
}

/**
 * Reads what a key has spent this month and holds, in one row (none if it was revoked). Must be a statement of its own
 * under the lock of its member's account, which every prompt of the key takes: rows that are read together with a lock
 * may be older than it. A settlement changes the hold and the charge in one transaction, so this statement sees either
 * both or neither.
 */
export const findKeySpendingStatement = prepare<{ id: string }, KeySpendingRow>((db, { id }) =>
  db
    .selectFrom('api_key')
    .select(({ selectFrom }) =>
      sql<number>`${chargedThisMonth} + coalesce(${selectFrom('response')
        .select(sql`sum(credits_held)::bigint`.as('held'))
        .where('api_key_id', '=', id)
        .where('lease_until', 'is not', null)}, 0)`.as('spent'),
    )
    .select([chargedThisMonth.as('charged'), 'monthly_credits as limit'])
    .where('id', '=', id),
);

/** What a key has spent, as it is and as it is shown: hidden turns count as held. */
export async function findShownKeySpending(
  db: Kysely<Database>,
  id: string,
): Promise<{ spent: number; shownSpent: number } | undefined> {
  const [spending] = await execute(db, findKeySpendingStatement({ id }));
  if (!spending) return undefined;
  const { hidden } = await db
    .selectFrom('api_key')
    .select(hiddenSpendingOfKey.as('hidden'))
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return { spent: spending.spent, shownSpent: spending.spent + hidden };
}
