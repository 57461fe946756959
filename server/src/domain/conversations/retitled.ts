import type { Kysely } from 'kysely';
import { isTransient } from '../../database/connection/transient.ts';
import type { ConversationRow } from '../../database/conversations.ts';
import type { Database } from '../../database/database.ts';
import { findRetitled } from '../../database/titles.ts';
import { ChangeSignal } from '../ground/change-signal.ts';
import { type Notifications, titlesTopic } from '../ground/notifications.ts';

/** How often titles are looked at while notifications of other processes are not proven to arrive. */
const POLL_MS = 2000;
/** Conversations that are told of at once. Whoever renames more in two minutes loads the list anew. */
const TOLD_MAX = 100;

/**
 * Yields the member's conversations whose titles have changed, by hand or by a model, until the reader returns: at once
 * those of the last two minutes, which a page that was just loaded may lack (maybe none), then each change.
 */
export function followTitles(
  { db, notifications }: { db: Kysely<Database>; notifications: Notifications },
  userId: string,
): AsyncIterableIterator<ConversationRow[]> {
  const change = new ChangeSignal();
  const unsubscribe = notifications.subscribe(titlesTopic(userId), () => change.notify());
  /** The titles of the last look, by the conversations' ids; null: there was none. */
  let told: Map<string, string> | null = null;
  let closed = false;

  async function nextRows(): Promise<ConversationRow[]> {
    while (!closed) {
      const isFirst = told === null;
      change.clear();
      const rows = await look().catch(requirePatience);
      if (isFirst || (rows && rows.length > 0)) return rows ?? [];
      if (!closed) await change.wait(notifications.proven && rows ? null : POLL_MS);
    }
    return [];
  }

  async function look(): Promise<ConversationRow[]> {
    const rows = await findRetitled(db, userId, TOLD_MAX);
    const before = told;
    told = new Map(rows.map(({ id, title }) => [id, title]));
    return rows.filter(({ id, title }) => before?.get(id) !== title);
  }

  /** Tolerates a database that is away for a while, except at the first look. */
  function requirePatience(error: unknown): null {
    if (told === null || !isTransient(error)) throw error;
    return null;
  }

  function close(): IteratorReturnResult<undefined> {
    closed = true;
    unsubscribe();
    change.notify();
    return { value: undefined, done: true };
  }

  const iterator: AsyncIterableIterator<ConversationRow[]> = {
    async next() {
      const rows = await nextRows().catch((error) => {
        close();
        throw error;
      });
      return closed ? close() : { value: rows, done: false };
    },
    async return() {
      return close();
    },
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
}
