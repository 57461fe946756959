import type { Kysely } from 'kysely';
import type { Statement } from '../../database/connection/statement.ts';
import { findMonthlyCredits, readMonthlyRefusal, requireMonthlyCreditsStatement } from '../../database/credits.ts';
import type { Database } from '../../database/database.ts';
import { MonthlyLimitError } from '../ground/errors.ts';

/**
 * What all accounts together may spend in a calendar month (UTC): what was charged in it and what is held now are never
 * more. A hold counts in every month in which it lasts, its charge in the month in which it is settled. Null: no limit,
 * and then nothing is asked of the database.
 */
export type MonthlyLimit = number | null;

/**
 * To be sent last, behind the statement that holds the `required` credits: it refuses the transaction. None where there
 * is no limit, or nothing to pay.
 */
export function requireMonthlyLimitStatement(limit: MonthlyLimit, required: number): Statement | undefined {
  return limit === null || required === 0 ? undefined : requireMonthlyCreditsStatement({ most: limit });
}

/** For `catch`: what `requireMonthlyLimitStatement` refused, as an error that tells the member why. */
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
