import type { Kysely } from 'kysely';
import type { Database } from '../database/database.ts';
import { findUsers } from '../database/users.ts';
import type { Catalogue } from './catalogue.ts';
import { createChangeSignal } from './change-signal.ts';
import { type CreditAccount, findAccount } from './credits.ts';
import { accountTopic, memberTopic, type Notifications } from './notifications.ts';
import { tierOf } from './tiers.ts';

/** How often the account is looked at while notifications of other processes are not proven to arrive. */
const POLL_MS = 1000;

/** The account now, and again whenever it has changed, until the reader returns or the member is suspended. */
export function followAccount(
  { db, catalogue, notifications }: { db: Kysely<Database>; catalogue: Catalogue; notifications: Notifications },
  userId: string,
): AsyncIterableIterator<CreditAccount> {
  const change = createChangeSignal();
  const unsubscribe = [accountTopic(userId), memberTopic(userId)].map((topic) =>
    notifications.subscribe(topic, change.notify),
  );
  let last: CreditAccount | null = null;
  let closed = false;

  async function nextAccount(): Promise<CreditAccount | null> {
    while (!closed) {
      change.clear();
      const [user] = await findUsers(db, [userId]);
      if (!user || user.suspended) return null;
      const account = await findAccount(db, userId, tierOf(catalogue, user));
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
    for (const end of unsubscribe) end();
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
