import type { Kysely } from 'kysely';
import type { Database } from '../database/database.ts';
import type { Tier } from './catalogue.ts';
import { createChangeSignal } from './change-signal.ts';
import { type CreditAccount, findAccount } from './credits.ts';
import { accountTopic, type Notifications } from './notifications.ts';

/** How often the account is looked at while notifications of other processes are not proven to arrive. */
const POLL_MS = 1000;

/** The account now, and again whenever it has changed, until the reader returns. */
export function followAccount(
  db: Kysely<Database>,
  notifications: Notifications,
  userId: string,
  tier: Tier,
): AsyncIterableIterator<CreditAccount> {
  const change = createChangeSignal();
  const unsubscribe = notifications.subscribe(accountTopic(userId), change.notify);
  let last: CreditAccount | null = null;
  let closed = false;

  async function nextAccount(): Promise<CreditAccount | null> {
    while (!closed) {
      change.clear();
      const account = await findAccount(db, userId, tier);
      if (account.balance !== last?.balance || account.held !== last.held) {
        last = account;
        return account;
      }
      if (!closed) await change.wait(notifications.proven ? null : POLL_MS);
    }
    return null;
  }

  function close(): IteratorReturnResult<undefined> {
    closed = true;
    unsubscribe();
    change.notify();
    return { value: undefined, done: true };
  }

  const iterator: AsyncIterableIterator<CreditAccount> = {
    async next() {
      const account = await nextAccount().catch((error) => {
        close();
        throw error;
      });
      return account && !closed ? { value: account, done: false } : close();
    },
    async return() {
      return close();
    },
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
}
