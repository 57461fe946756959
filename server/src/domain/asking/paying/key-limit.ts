import type { Kysely } from 'kysely';
import { type Look, oneRow } from '../../../database/connection/statement.ts';
import type { Database } from '../../../database/database.ts';
import {
  findKeySpendingStatement,
  findShownKeySpending,
  type KeySpendingRow,
} from '../../../database/programs/key-spending.ts';
import { ForbiddenError, KeyLimitError } from '../../ground/errors.ts';
import type { Asking, ViewerKey } from '../../people/members.ts';

/*
 * The monthly limit of an API key counts what was charged this month (UTC) for what the key asked, whoever paid, and
 * what is held for it now. As with accounts, a hold counts in every month in which it lasts, and its charge in the
 * month in which it is settled.
 */

/**
 * The look that `requireKeyRest` needs, to be taken under the lock of the member's account: all prompts of a key wait
 * there for each other. Undefined if the request has no key with a limit, and the database is not asked.
 */
export function keySpendingLook({
  apiKey,
}: Pick<Asking, 'apiKey'>): Look<KeySpendingRow, KeySpendingRow | null> | undefined {
  return isLimited(apiKey) ? oneRow(findKeySpendingStatement({ id: apiKey.id })) : undefined;
}

/** What the key may still spend this month, in credits, of its limit. */
export interface KeyRest {
  limit: number;
  rest: number;
  /** What it could spend if nothing was held for it. */
  uncharged: number;
}

/**
 * What the key that asks may still spend; null without a key or a limit.
 *
 * @param seen what `keySpendingLook` saw
 * @throws ForbiddenError if the key was revoked meanwhile
 */
export function keyRestOf({ apiKey }: Pick<Asking, 'apiKey'>, seen: KeySpendingRow | null | undefined): KeyRest | null {
  if (!isLimited(apiKey)) return null;
  if (!seen) throw revokedError();
  const { monthlyCredits: limit } = apiKey;
  return { limit, rest: restOf(apiKey, seen), uncharged: Math.max(0, limit - seen.charged) };
}

/** What costs nothing is always allowed. @throws KeyLimitError */
export function requireKeyRest(key: KeyRest | null, required: number): void {
  if (key && required > key.rest) throw new KeyLimitError(key.limit, required, key.rest);
}

/**
 * The credits that the key may still spend this month, and those that are shown: hidden turns count there as held.
 * Infinite without a key or a limit.
 */
export async function findKeyRests(
  db: Kysely<Database>,
  { apiKey }: Pick<Asking, 'apiKey'>,
): Promise<{ rest: number; shown: number }> {
  if (!isLimited(apiKey)) return { rest: Number.POSITIVE_INFINITY, shown: Number.POSITIVE_INFINITY };
  const seen = await findShownKeySpending(db, apiKey.id);
  if (!seen) return { rest: 0, shown: 0 };
  return { rest: restOf(apiKey, seen), shown: restOf(apiKey, { spent: seen.shownSpent }) };
}

type LimitedKey = ViewerKey & { monthlyCredits: number };

function isLimited(apiKey: ViewerKey | null | undefined): apiKey is LimitedKey {
  return apiKey != null && apiKey.monthlyCredits !== null;
}

function restOf({ monthlyCredits }: LimitedKey, { spent }: Pick<KeySpendingRow, 'spent'>): number {
  return Math.max(0, monthlyCredits - spent);
}

function revokedError(): ForbiddenError {
  return new ForbiddenError('This API key was revoked.');
}
