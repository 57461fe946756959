import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import { eraseDeletedRows } from '../../database/backup/erasing.ts';
import type { OpenDatabase } from '../../database/connection/open.ts';
import {
  deleteConversationRow,
  type ForgottenConversationRow,
  findForgottenConversations,
  lockForgottenConversation,
} from '../../database/conversations.ts';
import { lockMemberAccount } from '../../database/credits.ts';
import type { Database } from '../../database/database.ts';
import { findLiveResponsesOfConversation } from '../../database/responses.ts';
import { hasTeamRetention } from '../../database/teams.ts';
import { deleteSomeTurns, keepIdempotencyKeys } from '../../database/turns.ts';
import type { FileCleaner } from '../files/cleaner.ts';

/**
 * Deletes conversations in which nobody has asked anything for long, one after the other. Every process looks, and one
 * goes on where another died. Receipts and ledger entries stay.
 */
export interface Retention {
  /** Looks now; it also looks every hour. */
  sweep(): Promise<void>;
  /** Resolves when a step that is under way is done. */
  close(): Promise<void>;
}

export interface RetentionOptions {
  db: Kysely<Database>;
  /** Null or absent: conversations are kept, but for those of teams that say otherwise. */
  retentionDays?: number | null;
  /** The embedded database does not clean up by itself. */
  database: Pick<OpenDatabase, 'kind' | 'withoutTimeLimit'>;
  fileCleaner: Pick<FileCleaner, 'sweep'>;
  log: Logger;
}

const INTERVAL_MS = 3_600_000;
const AT_ONCE = 100;
/** So few that a step takes no more than a moment, in which others wait for the embedded database. */
const TURNS_AT_ONCE = 50;

export function createRetention(options: RetentionOptions): Retention {
  const { db, database, retentionDays = null, log } = options;
  let closed = false;
  let sweeping: Promise<void> | null = null;
  const timer = setInterval(() => void sweep(), INTERVAL_MS).unref();

  function sweep(): Promise<void> {
    if (closed) return Promise.resolve();
    sweeping ??= deleteForgotten()
      .catch((err) => log.warn({ err }, 'Old conversations could not be deleted; the next try is in an hour.'))
      .finally(() => {
        sweeping = null;
      });
    return sweeping;
  }

  async function deleteForgotten(): Promise<void> {
    if (retentionDays === null && !(await hasTeamRetention(db))) return;
    let deleted = 0;
    let page: ForgottenConversationRow[] = [];
    // What is kept or could not be deleted is left behind, so that it does not keep the others.
    do {
      page = await findForgottenConversations(db, retentionDays, { after: page.at(-1) ?? null, limit: AT_ONCE });
      for (const conversation of page) {
        if (closed) return;
        if (await forget(conversation)) deleted += 1;
      }
    } while (page.length === AT_ONCE && !closed);
    if (deleted === 0) return;
    log.info({ deleted, days: retentionDays }, 'Conversations that were kept long enough are deleted.');
    await options.fileCleaner.sweep();
    if (database.kind === 'pglite' && !closed) await database.withoutTimeLimit(() => eraseDeletedRows(db));
  }

  /** @returns whether the conversation is deleted */
  async function forget(conversation: ForgottenConversationRow): Promise<boolean> {
    try {
      let deleted: Deleted = 'nothing';
      do {
        deleted = await deleteStep(db, conversation, { days: retentionDays, isFirst: deleted === 'nothing' });
      } while (deleted === 'turns' && !closed);
      return deleted === 'conversation';
    } catch (err) {
      const conversationId = conversation.id;
      log.error({ err, conversationId }, 'An old conversation could not be deleted; the next try is in an hour.');
      return false;
    }
  }

  void sweep();
  return {
    sweep,
    async close() {
      closed = true;
      clearInterval(timer);
      await sweeping;
    },
  };
}

/** What a step has deleted. Nothing: the conversation is kept, or was gone already. */
type Deleted = 'nothing' | 'turns' | 'conversation';

/**
 * Deletes the newest turns of a conversation, or the conversation with its last ones, unless somebody has asked in it
 * meanwhile. Nothing is kept for the rate limit: what was asked within its minute would keep the conversation.
 */
async function deleteStep(
  db: Kysely<Database>,
  conversation: ForgottenConversationRow,
  { days, isFirst }: { days: number | null; isFirst: boolean },
): Promise<Deleted> {
  const { id, user_id: userId } = conversation;
  return db.transaction().execute(async (trx) => {
    // Whoever asks locks the account first, and stamps the conversation before it is given back.
    await lockMemberAccount(trx, userId);
    if (!(await lockForgottenConversation(trx, conversation, days))) return 'nothing';
    if ((await findLiveResponsesOfConversation(trx, userId, id)).length > 0) return 'nothing';
    if (isFirst) await keepIdempotencyKeys(trx, userId, id);
    const count = await deleteSomeTurns(trx, { userId, conversationId: id }, TURNS_AT_ONCE);
    if (count === TURNS_AT_ONCE) return 'turns';
    await deleteConversationRow(trx, userId, id);
    return 'conversation';
  });
}
