import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import { eraseDeletedRows } from '../../database/backup/erasing.ts';
import type { OpenDatabase } from '../../database/connection/open.ts';
import type { Database } from '../../database/database.ts';
import {
  findDueTemporaries,
  hasTemporaryTurn,
  isDueTemporary,
  setTemporaryLeft,
} from '../../database/temporary-conversations.ts';
import { InvalidInputError, NotFoundError } from '../ground/errors.ts';
import { type ConversationEnding, deleteConversation } from './deletion.ts';

/**
 * Deletes temporary conversations that were left, or in which nobody has asked anything for a day, with all their texts.
 * Every process does. Receipts and ledger entries stay.
 */
export interface TemporarySweep {
  /** Looks now; it also looks every minute. Resolves when all that is due is deleted, and never rejects. */
  sweep(): Promise<void>;
  /** Resolves when a deletion that is under way is done. */
  close(): Promise<void>;
}

export interface TemporarySweepOptions extends ConversationEnding {
  /** The embedded database does not clean up by itself. */
  database: Pick<OpenDatabase, 'kind' | 'withoutTimeLimit'>;
  log: Logger;
}

const INTERVAL_MS = 60_000;
const AT_ONCE = 100;
/** Erasing writes whole tables anew. */
const ERASING_INTERVAL_MS = 3_600_000;

export function createTemporarySweep(options: TemporarySweepOptions): TemporarySweep {
  const { db, database, log } = options;
  let closed = false;
  let sweeping: Promise<void> | null = null;
  let isErasureDue = false;
  let eraseAt = 0;
  const timer = setInterval(() => void sweep(), INTERVAL_MS).unref();

  function sweep(): Promise<void> {
    if (closed) return Promise.resolve();
    sweeping ??= deleteDue()
      .catch((err) => log.warn({ err }, 'Temporary chats could not be deleted; the next try is in a minute.'))
      .finally(() => {
        sweeping = null;
      });
    return sweeping;
  }

  async function deleteDue(): Promise<void> {
    let page: { id: string; user_id: string }[] = [];
    do {
      page = await findDueTemporaries(db, { after: page.at(-1)?.id ?? null, limit: AT_ONCE });
      for (const conversation of page) {
        if (closed) return;
        await deleteOne(conversation);
      }
    } while (page.length === AT_ONCE && !closed);
    if (!isErasureDue || closed || database.kind !== 'pglite' || performance.now() < eraseAt) return;
    isErasureDue = false;
    eraseAt = performance.now() + ERASING_INTERVAL_MS;
    await database.withoutTimeLimit(() => eraseDeletedRows(db));
  }

  /** What is wrong with one must not keep the others. */
  async function deleteOne({ id, user_id: userId }: { id: string; user_id: string }): Promise<void> {
    try {
      if (!(await isDueTemporary(db, id))) return;
      await deleteConversation(options, userId, id);
      isErasureDue = true;
    } catch (err) {
      // Another process may have deleted it meanwhile.
      if (err instanceof NotFoundError) return;
      log.error({ err, conversationId: id }, 'A temporary chat could not be deleted; the next try is in a minute.');
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

/**
 * Notes that the page of the member's temporary conversation was closed, after which it is deleted, or is open again.
 *
 * @throws NotFoundError
 */
export async function leaveTemporary(
  db: Kysely<Database>,
  userId: string,
  { id, isLeft }: { id: string; isLeft: boolean },
): Promise<void> {
  if (!(await setTemporaryLeft(db, userId, { id, isLeft }))) throw new NotFoundError('temporary chat');
}

/** Requires that none of these turns is of a temporary conversation, of which nothing is kept. @throws InvalidInputError */
export async function requireKept(db: Kysely<Database>, turnIds: readonly string[], field: string): Promise<void> {
  if (turnIds.length > 0 && (await hasTemporaryTurn(db, turnIds))) {
    throw new InvalidInputError(
      field,
      'Of a temporary chat nothing is kept: it cannot be judged, or added to a prompt set.',
    );
  }
}
