import type { Logger } from 'pino';
import { eraseDeletedRows } from '../../database/backup/erasing.ts';
import type { OpenDatabase } from '../../database/connection/open.ts';
import { findForgottenConversations } from '../../database/conversations.ts';
import { hasTeamRetention } from '../../database/teams.ts';
import { NotFoundError } from '../ground/errors.ts';
import { type ConversationEnding, deleteConversation } from './deletion.ts';

/**
 * Deletes conversations in which nobody has asked anything for long, one after the other. Every process looks, and one
 * goes on where another died. Receipts and ledger entries stay.
 */
export interface Retention {
  /** Looks now; it also looks every hour. */
  sweep(): Promise<void>;
  /** Resolves when a deletion that is under way is done. */
  close(): Promise<void>;
}

export interface RetentionOptions extends ConversationEnding {
  /** Null or absent: conversations are kept, but for those of teams that say otherwise. */
  retentionDays?: number | null;
  /** The embedded database does not clean up by itself. */
  database: Pick<OpenDatabase, 'kind' | 'withoutTimeLimit'>;
  log: Logger;
}

const INTERVAL_MS = 3_600_000;
const AT_ONCE = 100;

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
    for (;;) {
      const forgotten = closed ? [] : await findForgottenConversations(db, retentionDays, AT_ONCE);
      for (const { id, user_id: userId } of forgotten) {
        if (closed) return;
        // Another process may have been faster.
        await deleteConversation(options, userId, id).catch((error) => {
          if (!(error instanceof NotFoundError)) throw error;
        });
        deleted += 1;
      }
      if (forgotten.length < AT_ONCE) break;
    }
    if (deleted === 0) return;
    log.info({ deleted, days: retentionDays }, 'Conversations that were kept long enough are deleted.');
    if (database.kind === 'pglite' && !closed) await database.withoutTimeLimit(() => eraseDeletedRows(db));
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
