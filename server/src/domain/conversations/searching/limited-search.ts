import type { Kysely } from 'kysely';
import { isCancelled, limitStatements } from '../../../database/connection/statement-time.ts';
import type { Database } from '../../../database/database.ts';
import { foldParts } from '../../../database/searching/text-patterns.ts';
import { InvalidInputError } from '../../ground/errors.ts';
import { toStorable } from '../../ground/storable-text.ts';

const LENGTH_MAX = 500;
const PARTS_MAX = 5;
/** The time limit of each statement of a search. */
const SECONDS_MAX = 2;

/** Splits a search at its spaces into parts, without the punctuation that ends them. */
export function toParts(search: string): string[] {
  const words = toStorable(search.slice(0, LENGTH_MAX)).split(/\s+/);
  return words.map((word) => word.replace(closing, '')).filter((part) => part !== '');
}

/** Punctuation at the end of a part that has other characters before it: `...` by itself is searched for. */
const closing = /(?<=[^"'“”’»›)\]},;:!?.…])["'“”’»›)\]},;:!?.…]+$/u;

/**
 * Reads with the folded parts of a search (none: nothing can be found), one search of a member after the other.
 *
 * @throws InvalidInputError if it takes too long
 */
export function limited<T>(
  db: Kysely<Database>,
  { userId, search }: { userId: string; search: string },
  read: (trx: Kysely<Database>, parts: readonly string[]) => Promise<T>,
): Promise<T> {
  return inTurn(userId, () =>
    db
      .transaction()
      .execute(async (trx) => {
        await limitStatements(trx, SECONDS_MAX);
        const folded = new Set(await foldParts(trx, toParts(search)));
        return read(trx, [...folded].filter((part) => part !== '').slice(0, PARTS_MAX));
      })
      .catch((error) => {
        if (!isCancelled(error)) throw error;
        throw new InvalidInputError('search', 'The search took too long. Use fewer words, or more distinctive ones.');
      }),
  );
}

/** When the last search of each searching member ends. */
const searches = new Map<string, Promise<void>>();

/**
 * Runs a member's searches one after the other: many at once (aliases) hold only one connection, and other members get
 * in between.
 */
function inTurn<T>(userId: string, work: () => Promise<T>): Promise<T> {
  const result = (searches.get(userId) ?? Promise.resolve()).then(work);
  const end: Promise<void> = result.then(leave, leave);
  function leave() {
    if (searches.get(userId) === end) searches.delete(userId);
  }
  searches.set(userId, end);
  return result;
}
