import { accountTopic, type Notifications } from '../ground/notifications.ts';

/** How often a waiting one tries again by itself, in case nobody tells it of what was given back. */
const POLL_MS = 500;

/**
 * Lets those who wait for credits of an account try again whenever something of it may have been given back: one after
 * the other, so that a crowd does not besiege the account.
 */
export class CreditWaits {
  readonly #notifications: Pick<Notifications, 'subscribe'>;
  /** By account, what the last in its line waits for. */
  readonly #lines = new Map<string, { last: Promise<unknown>; length: number }>();
  readonly #sleepers = new Set<() => void>();

  constructor(notifications: Pick<Notifications, 'subscribe'>) {
    this.#notifications = notifications;
  }

  /** How many wait for the account's credits. */
  lengthOf(accountId: string): number {
    return this.#lines.get(accountId)?.length ?? 0;
  }

  /**
   * Tries in turn, until there is a result.
   *
   * @param attempt undefined: not yet
   * @param isOver asked after each attempt; once true, there is no other
   */
  wait<T>(accountId: string, attempt: () => Promise<T | undefined>, isOver: () => boolean): Promise<T | undefined> {
    const line = this.#lines.get(accountId) ?? { last: Promise.resolve(), length: 0 };
    const turn = line.last.then(() => this.#tryOn(accountId, attempt, isOver));
    const settled = turn.then(
      () => undefined,
      () => undefined,
    );
    const joined = { last: settled, length: line.length + 1 };
    this.#lines.set(accountId, joined);
    void settled.then(() => this.#leave(accountId));
    return turn;
  }

  /** Has everybody try once more, at once. */
  wake(): void {
    for (const wake of this.#sleepers) wake();
  }

  #leave(accountId: string): void {
    const line = this.#lines.get(accountId);
    if (!line) return;
    if (line.length === 1) this.#lines.delete(accountId);
    else line.length -= 1;
  }

  async #tryOn<T>(
    accountId: string,
    attempt: () => Promise<T | undefined>,
    isOver: () => boolean,
  ): Promise<T | undefined> {
    for (;;) {
      const news = this.#news(accountId);
      try {
        const result = await attempt();
        if (result !== undefined || isOver()) return result;
        await news.heard;
      } finally {
        news.end();
      }
    }
  }

  /** Listens from now on, so that nothing is missed during an attempt. */
  #news(accountId: string) {
    let wake = () => {};
    const heard = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const timer = setTimeout(wake, POLL_MS);
    const unsubscribe = this.#notifications.subscribe(accountTopic(accountId), () => wake());
    this.#sleepers.add(wake);
    return {
      heard,
      end: () => {
        clearTimeout(timer);
        unsubscribe();
        this.#sleepers.delete(wake);
      },
    };
  }
}
