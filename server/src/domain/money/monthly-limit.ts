import type { Kysely } from 'kysely';
import type { Statement } from '../../database/connection/statement.ts';
import { findMonthlyCredits, readMonthlyRefusal, requireMonthlyCreditsStatement } from '../../database/credits.ts';
import type { Database } from '../../database/database.ts';
import { MonthlyLimitError } from '../ground/errors.ts';

/**
 * The credits that all accounts together may spend in a calendar month (UTC), counting charges of the month and current
 * holds. A hold counts in every month in which it lasts, its charge in the month in which it is settled. Null: no
 * limit, and the database is not asked.
 */
export type MonthlyLimit = number | null;

/**
 * The statement that refuses the transaction if the limit is exceeded. To be sent last, after the one that holds the
 * `required` credits. Undefined if there is no limit, or nothing to pay.
 */
export function requireMonthlyLimitStatement(limit: MonthlyLimit, required: number): Statement | undefined {
  return limit === null || required === 0 ? undefined : requireMonthlyCreditsStatement({ most: limit });
}

/** For `catch`: turns a refusal of `requireMonthlyLimitStatement` into an error that tells the member why. */
export function explainMonthlyLimit(limit: MonthlyLimit, required: number): (error: unknown) => never {
  return (error) => {
    const spent = readMonthlyRefusal(error);
    if (limit === null || spent === null) throw error;
    throw new MonthlyLimitError(required, Math.max(0, limit - (spent - required)));
  };
}

/** Credits that the next prompts may hold before the limit is reached. */
export async function findMonthlyRest(db: Kysely<Database>, limit: MonthlyLimit): Promise<number> {
  return limit === null ? Number.POSITIVE_INFINITY : Math.max(0, limit - (await findMonthlyCredits(db)));
}
