import type { Kysely } from 'kysely';
import { findConversations } from '../../database/conversations.ts';
import { lockMemberAccount } from '../../database/credits.ts';
import type { Database } from '../../database/database.ts';
import { findClientConversation, findClientConversationIds } from '../../database/programs/client-conversations.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { ForbiddenError, NotFoundError } from '../ground/errors.ts';
import { isLocalId, parseGlobalId } from '../ground/global-ids.ts';
import { toTitle } from '../ground/names.ts';
import { type ConversationRow, countConversations, createConversation } from './conversations.ts';
import { type ConversationEnding, deleteConversation } from './deletion.ts';
import { TITLE_LENGTH_MAX } from './title.ts';

export { countMessages, findLatestClientConversation } from '../../database/programs/client-conversations.ts';

/** The conversation that a client means: its own name for one, or the id of any of the member's. Null: there is none. */
export async function findNamedConversation(
  db: Kysely<Database>,
  userId: string,
  name: string,
): Promise<ConversationRow | null> {
  const own = await findClientConversation(db, userId, name);
  if (own) return own;
  const id = conversationIdIn(name);
  const [found] = id === null ? [] : await findConversations(db, userId, [id]);
  return found ?? null;
}

/** The database's id in a global one, or in the part of an address in the web app; null: it is neither. */
export function conversationIdIn(name: string): string | null {
  if (isLocalId('Conversation', name)) return name;
  const parsed = parseGlobalId(name);
  return parsed?.typename === 'Conversation' ? parsed.id : null;
}

interface WantedConversation {
  userId: string;
  clientId: string;
  /** Blank: it is named after its first prompt. A longer one than titles may be is cut. */
  title: string;
  /** How many conversations the member may have with it; null: any number. */
  countMax: number | null;
}

/**
 * Returns the conversation that the client names, after making it if there is none.
 *
 * @throws ForbiddenError if the member has too many
 */
export async function ensureClientConversation(
  db: Kysely<Database>,
  catalogue: Catalogue,
  { userId, clientId, title, countMax }: WantedConversation,
): Promise<ConversationRow> {
  const known = await findNamedConversation(db, userId, clientId);
  if (known) return known;
  return db.transaction().execute(async (trx) => {
    // A prompt makes its conversation under the same lock.
    await lockMemberAccount(trx, userId);
    const made = await findClientConversation(trx, userId, clientId);
    if (made) return made;
    if (countMax !== null && (await countConversations(trx, { userId })) >= countMax) {
      throw new ForbiddenError(`There are ${countMax.toLocaleString('en')} conversations already. Delete some first.`);
    }
    const cut = toTitle(title.slice(0, TITLE_LENGTH_MAX)).trim();
    return createConversation(trx, catalogue, userId, { title: cut === '' ? null : cut }, clientId);
  });
}

/** Deletes the conversations that clients of programs began; those of the web app stay. */
export async function deleteClientConversations(ending: ConversationEnding, userId: string): Promise<void> {
  for (const id of await findClientConversationIds(ending.db, userId)) {
    await deleteConversation(ending, userId, id).catch((error) => {
      // The conversation may have been deleted by somebody else meanwhile.
      if (!(error instanceof NotFoundError)) throw error;
    });
  }
}
