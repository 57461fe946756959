import type { Kysely } from 'kysely';
import { isTransient } from '../../database/connection/transient.ts';
import type { Database } from '../../database/database.ts';
import { findUsers } from '../../database/users.ts';
import { type Catalogue, tierOf } from '../catalogue/catalogue.ts';
import { ChangeSignal } from '../ground/change-signal.ts';
import { accountTopic, memberTopic, type Notifications } from '../ground/notifications.ts';
import { type CreditAccount, renewAccount, shownAccount } from './credits.ts';

/** How often the account is looked at while notifications of other processes are not proven to arrive. */
const POLL_MS = 1000;

/** Yields the member's account, as it is shown, now and whenever it has changed, until the reader returns or the member is suspended. */
export function followAccount(
  { db, catalogue, notifications }: { db: Kysely<Database>; catalogue: Catalogue; notifications: Notifications },
  userId: string,
): AsyncIterableIterator<CreditAccount> {
  return followAnyAccount(notifications, userId, async () => {
    const [user] = await findUsers(db, [userId]);
    if (!user || user.suspended) return null;
    return shownAccount(await renewAccount(db, { userId, tier: tierOf(catalogue, user) }));
  });
}

/** A credit account as a reader sees it. */
interface SeenAccount extends CreditAccount {
  /** The most that the reader may spend of it now. Absent: all of it. */
  rest?: number | undefined;
}

/**
 * Yields an account now and whenever it has changed, until the reader returns or `look` finds that the member may see it
 * no more (null).
 */
export function followAnyAccount<Account extends SeenAccount>(
  notifications: Notifications,
  userId: string,
  look: () => Promise<Account | null>,
): AsyncIterableIterator<Account> {
  const change = new ChangeSignal();
  const listen = (topic: string) => notifications.subscribe(topic, () => change.notify());
  const unsubscribe = [listen(memberTopic(userId))];
  let followed: string | null = null;
  let last: Account | null = null;
  let closed = false;

  async function nextAccount(): Promise<Account | null> {
    while (!closed) {
      change.clear();
      const account = await readAccount().catch(requirePatience);
      if (!account) return null;
      if (account !== 'unknown' && isNews(account)) {
        last = account;
        return account;
      }
      if (!closed) await change.wait(notifications.proven && account !== 'unknown' ? null : POLL_MS);
    }
    return null;
  }

  function isNews({ balance, held, rest }: Account): boolean {
    return balance !== last?.balance || held !== last.held || rest !== last.rest;
  }

  async function readAccount(): Promise<Account | null> {
    const account = await look();
    if (!account || followed === account.id || closed) return account;
    // A second look finds changes from before the subscription.
    followed = account.id;
    unsubscribe.push(listen(accountTopic(account.id)));
    return readAccount();
  }

  /**
   * Tolerates a database that is away for a while, except at the first look, where a client waits for an answer or an
   * error.
   */
  function requirePatience(error: unknown): 'unknown' {
    if (!last || !isTransient(error)) throw error;
    return 'unknown';
  }

  function close(): IteratorReturnResult<undefined> {
    closed = true;
    for (const end of unsubscribe.splice(0)) end();
    change.notify();
    return { value: undefined, done: true };
  }

  const iterator: AsyncIterableIterator<Account> = {
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
