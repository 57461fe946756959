import type { WritingScope } from '../../database/money/growing-holds.ts';
import { accountTopic, type Notifications } from '../ground/notifications.ts';

/** How often a waiting one looks again by itself, in case nobody tells it of what was given back. */
const POLL_MS = 500;

/** What an attempt has brought, or whose answers share what it lacked. */
export type Attempted<Result> = { result: Result } | { waitsFor: WritingScope };

/** Answers under way come before prompts: they are the ones that will give something back. */
export type Waiter = 'answer' | 'prompt';

export interface Wait<Result> {
  who: Waiter;
  /** The account whose changes are news. */
  accountId: string;
  /** Whose answers share what is short. */
  waitsFor: WritingScope;
  attempt(): Promise<Attempted<Result>>;
  /** Once true, there is one more attempt at most. */
  isOver(): boolean;
}

/** One that waits, in the line of what it lacks. */
interface Waiting {
  who: Waiter;
  /** Which one it was of all that ever waited. */
  arrival: number;
  /** Has it look again. */
  wake(): void;
}

/**
 * Lets those who wait for credits try again whenever something may have been given back. There is a line for each thing
 * that may be short: an account, an API key's limit, a member's limit in a team, the limit of all accounts. The first of
 * a line tries, so that a crowd does not besiege an account, and nobody is held up by somebody who lacks something else.
 * Whoever then lacks another thing takes the place in that other line that belongs to their arrival.
 */
export class CreditWaits {
  readonly #notifications: Pick<Notifications, 'subscribe'>;
  /** In the order in which they try. No line is empty. */
  readonly #lines = new Map<string, Waiting[]>();
  #arrivals = 0;

  constructor(notifications: Pick<Notifications, 'subscribe'>) {
    this.#notifications = notifications;
  }

  /** How many prompts wait for this; null: nobody waits for it, no answer either. */
  promptsWaitingFor(scope: WritingScope): number | null {
    const line = this.#lines.get(keyOf(scope));
    return line ? line.filter(({ who }) => who === 'prompt').length : null;
  }

  /** Tries in turn, until there is a result or it is over. */
  async wait<Result>({ who, accountId, waitsFor, attempt, isOver }: Wait<Result>): Promise<Result | undefined> {
    const self: Waiting = { who, arrival: ++this.#arrivals, wake: () => {} };
    let key = keyOf(waitsFor);
    this.#join(key, self);
    try {
      for (;;) {
        const isFirst = this.#lines.get(key)?.[0] === self;
        const news = this.#news(self, isFirst ? accountId : null);
        try {
          const isLast = isOver();
          if (isFirst || isLast) {
            const attempted = await attempt();
            if ('result' in attempted) return attempted.result;
            if (isLast || isOver()) return undefined;
            const next = keyOf(attempted.waitsFor);
            if (next !== key) {
              this.#leave(key, self);
              this.#join(next, self);
              key = next;
              continue;
            }
          }
          await news.heard;
        } finally {
          news.end();
        }
      }
    } finally {
      this.#leave(key, self);
    }
  }

  #join(key: string, self: Waiting): void {
    const line = this.#lines.get(key) ?? [];
    const place = line.findIndex((other) => comesBefore(self, other));
    line.splice(place < 0 ? line.length : place, 0, self);
    this.#lines.set(key, line);
  }

  #leave(key: string, self: Waiting): void {
    const line = (this.#lines.get(key) ?? []).filter((other) => other !== self);
    if (line.length === 0) this.#lines.delete(key);
    else this.#lines.set(key, line);
    line[0]?.wake();
  }

  /**
   * Listens from now on, so that nothing is missed during an attempt.
   *
   * @param accountId null: only those of the same line are listened to
   */
  #news(self: Waiting, accountId: string | null) {
    let wake = () => {};
    const heard = new Promise<void>((resolve) => {
      wake = resolve;
    });
    self.wake = wake;
    const timer = setTimeout(wake, POLL_MS);
    const unsubscribe =
      accountId === null ? () => {} : this.#notifications.subscribe(accountTopic(accountId), () => wake());
    return {
      heard,
      end: () => {
        clearTimeout(timer);
        unsubscribe();
      },
    };
  }
}

function comesBefore(one: Waiting, other: Waiting): boolean {
  return one.who === other.who ? one.arrival < other.arrival : one.who === 'answer';
}

function keyOf({ creditAccountId, apiKeyId, userId }: WritingScope): string {
  return JSON.stringify([creditAccountId, apiKeyId, userId]);
}
