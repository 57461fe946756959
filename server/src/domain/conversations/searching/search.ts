import type { Kysely } from 'kysely';
import type { ConversationFilter } from '../../../database/conversations.ts';
import type { Database } from '../../../database/database.ts';
import {
  countFoundConversations,
  type FoundConversation,
  type FoundConversationPage,
  searchConversations as searchRows,
} from '../../../database/searching/conversation-search.ts';
import { limited } from './limited-search.ts';

interface Search extends ConversationFilter {
  /** The search as it was typed. Its first five different parts count, regardless of case, accents and normal form. */
  search: string;
}

/**
 * Finds conversations that have all parts in one title, prompt or answer, the best first. A search without parts finds
 * nothing.
 *
 * @throws InvalidInputError if the search takes too long
 */
export function searchConversations(
  db: Kysely<Database>,
  page: Search & Pick<FoundConversationPage, 'after' | 'limit'>,
): Promise<FoundConversation[]> {
  return limited(db, page, async (trx, parts) => (parts.length === 0 ? [] : searchRows(trx, { ...page, parts })));
}

/** @throws InvalidInputError if the search takes too long */
export function countFound(db: Kysely<Database>, search: Search): Promise<number> {
  return limited(db, search, async (trx, parts) =>
    parts.length === 0 ? 0 : countFoundConversations(trx, { ...search, parts }),
  );
}
