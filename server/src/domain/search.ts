import type { Kysely } from 'kysely';
import {
  type ConversationPage,
  type ConversationRow,
  countConversations as countRows,
  findConversationPage as findRows,
} from '../database/conversations.ts';
import type { Database } from '../database/database.ts';
import { isCancelled, limitStatements } from '../database/statement-time.ts';
import { InvalidInputError } from './errors.ts';
import { toStorable } from './live-text.ts';

const LENGTH_MAX = 500;
const PARTS_MAX = 5;
/** For each statement of a search. */
const SECONDS_MAX = 2;

/**
 * What is typed into a search box, as patterns for ILIKE: its first five different parts between spaces, without regard
 * to case. A part of signs alone is none. Null: nothing was typed.
 */
export function toPatterns(search: string): string[] | null {
  if (search.trim() === '') return null;
  const patterns = new Map<string, string>();
  for (const word of toStorable(search.slice(0, LENGTH_MAX)).split(/\s+/)) {
    const part = word.replace(punctuation, '');
    const key = part.toLowerCase();
    if (sayable.test(part) && !patterns.has(key)) patterns.set(key, `%${part.replace(/[%_\\]/g, '\\$&')}%`);
    if (patterns.size === PARTS_MAX) break;
  }
  return [...patterns.values()];
}

/** What stands around a word in a sentence, and is no part of it. */
const punctuation = /^[¡¿"'“”„‘’‚«»‹›()[\]{}<>.,;:!?…]+|["'“”„‘’‚«»‹›()[\]{}<>.,;:!?…]+$/g;
const sayable = /[\p{L}\p{M}\p{N}\p{Extended_Pictographic}]/u;

/** @throws InvalidInputError: the search takes too long */
export function findConversationPage(db: Kysely<Database>, page: ConversationPage): Promise<ConversationRow[]> {
  return limited(db, page, (limitedDb) => findRows(limitedDb, page));
}

/** @throws InvalidInputError: the search takes too long */
export function countConversations(db: Kysely<Database>, page: ConversationPage): Promise<number> {
  return limited(db, page, (limitedDb) => countRows(limitedDb, page));
}

function limited<T>(
  db: Kysely<Database>,
  { userId, search }: ConversationPage,
  read: (db: Kysely<Database>) => Promise<T>,
): Promise<T> {
  if (search == null) return read(db);
  return inTurn(userId, () =>
    db
      .transaction()
      .execute(async (trx) => {
        await limitStatements(trx, SECONDS_MAX);
        return read(trx);
      })
      .catch((error) => {
        if (!isCancelled(error)) throw error;
        throw new InvalidInputError('search', 'The search took too long. Use fewer words, or more distinctive ones.');
      }),
  );
}

/** The end of the last search of each member who has one. */
const searches = new Map<string, Promise<void>>();

/** A member's searches wait for one another: many at once (aliases) hold one connection, and others get in between. */
function inTurn<T>(userId: string, work: () => Promise<T>): Promise<T> {
  const result = (searches.get(userId) ?? Promise.resolve()).then(work);
  const end: Promise<void> = result.then(leave, leave);
  function leave() {
    if (searches.get(userId) === end) searches.delete(userId);
  }
  searches.set(userId, end);
  return result;
}
