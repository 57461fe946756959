import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { Database } from '../../../database/database.ts';
import {
  type BudgetAlertRow,
  type ClaimedAlert,
  claimUndeliveredAlert,
  postponeAlert,
  setAlertDelivered,
  setAllDelivered,
} from '../../../database/money/budget-alerts.ts';
import type { AlertWebhook } from '../../../ports/alert-webhook.ts';
import type { Mailer } from '../../../ports/mailer.ts';
import type { MonthlyLimit } from '../monthly-limit.ts';
import { AlertMails } from './alert-mails.ts';
import { alertSentence, tellOfServer } from './budget-alerts.ts';

/** Delivers budget alerts outside of the app, and watches the budget of the whole server. */
export interface AlertDelivery {
  /** Tells that an alert was stored. */
  wake(): void;
  /** Tells that something was charged. */
  onCharge(): void;
  /** Resolves when what is under way is done or given up. The mailer ends the mails that it has. */
  close(): Promise<void>;
}

export interface AlertDeliveryOptions {
  db: Kysely<Database>;
  /** Null: no program is told. */
  webhook: AlertWebhook | null;
  /** Null: nobody is mailed. */
  mailer: Mailer | null;
  monthlyLimit: MonthlyLimit;
  log: Logger;
  /** The wait after the first failed try, doubled after each one up to an hour. Default: 5000. */
  retryMs?: number | undefined;
}

/** Looks for alerts that another process stored before it died. */
const POLL_MS = 30_000;
const RETRY_MS_MAX = 3_600_000;
/** Longer than a try takes. */
const CLAIM_MS = 60_000;
/** The server's spending is summed up at most this often. */
const SERVER_MS = 1_000;

export function createAlertDelivery(options: AlertDeliveryOptions): AlertDelivery {
  return new Delivery(options);
}

class Delivery implements AlertDelivery {
  readonly #options: AlertDeliveryOptions;
  readonly #closed = new AbortController();
  readonly #isTelling: boolean;
  /** A mail server that is slow must not keep an alert from a program. */
  readonly #mails: AlertMails | null;
  #timer: NodeJS.Timeout | undefined;
  #isWoken = false;
  #isServerDue: boolean;
  #serverLookedAt = Number.NEGATIVE_INFINITY;
  #working: Promise<void> | null = null;

  constructor(options: AlertDeliveryOptions) {
    this.#options = options;
    const { webhook, mailer } = options;
    this.#isTelling = webhook !== null || mailer !== null;
    this.#mails = mailer && new AlertMails({ ...options, mailer });
    this.#isServerDue = options.monthlyLimit !== null;
    if (this.#isTelling || this.#isServerDue) this.wake();
  }

  wake(): void {
    this.#isWoken = true;
    this.#mails?.wake();
    if (this.#closed.signal.aborted || this.#working) return;
    clearTimeout(this.#timer);
    this.#working = this.#work();
  }

  onCharge(): void {
    if (this.#options.monthlyLimit === null || this.#isServerDue) return;
    this.#isServerDue = true;
    if (this.#working || this.#closed.signal.aborted) return;
    const waitMs = Math.max(0, this.#serverLookedAt + SERVER_MS - performance.now());
    this.#wakeIn(waitMs);
  }

  async close(): Promise<void> {
    this.#closed.abort();
    clearTimeout(this.#timer);
    await this.#mails?.close();
    await this.#working;
  }

  async #work(): Promise<void> {
    let nextMs = POLL_MS;
    while (this.#isWoken && !this.#closed.signal.aborted) {
      this.#isWoken = false;
      try {
        if (await this.#watchServer()) this.#mails?.wake();
        nextMs = await this.#deliver();
      } catch (error) {
        this.#options.log.warn({ err: error }, 'Budget alerts could not be looked at; the next try is soon.');
      }
    }
    // Nobody can wake it between the last look at `#isWoken` and this.
    this.#working = null;
    if (this.#isServerDue) this.#wakeIn(SERVER_MS);
    else if (this.#isTelling) this.#wakeIn(nextMs);
  }

  #wakeIn(ms: number): void {
    clearTimeout(this.#timer);
    if (!this.#closed.signal.aborted) this.#timer = setTimeout(() => this.wake(), ms).unref();
  }

  /** @returns whether there is a new alert */
  async #watchServer(): Promise<boolean> {
    const { db, monthlyLimit } = this.#options;
    const now = performance.now();
    if (!this.#isServerDue || monthlyLimit === null || now < this.#serverLookedAt + SERVER_MS) return false;
    this.#serverLookedAt = now;
    this.#isServerDue = false;
    return tellOfServer(db, monthlyLimit);
  }

  /** @returns when to try again, in ms */
  async #deliver(): Promise<number> {
    const { db, webhook, log, retryMs = 5_000 } = this.#options;
    let nextMs = POLL_MS;
    // A webhook that is set later is not told of what came before it.
    if (!webhook) await setAllDelivered(db);
    while (webhook && !this.#closed.signal.aborted) {
      const alert = await claimUndeliveredAlert(db, CLAIM_MS);
      if (!alert) return nextMs;
      try {
        await webhook.send(bodyOf(alert), this.#closed.signal);
        await setAlertDelivered(db, alert.id);
      } catch (error) {
        const waitMs = Math.min(retryMs * 2 ** (alert.attempts - 1), RETRY_MS_MAX);
        nextMs = Math.min(nextMs, waitMs);
        log.warn({ reason: (error as Error).message, attempts: alert.attempts }, 'A budget alert was not taken.');
        await postponeAlert(db, alert.id, waitMs);
      }
    }
    return nextMs;
  }
}

function bodyOf(alert: ClaimedAlert | BudgetAlertRow) {
  const { id, scope, name, percent, budget, spent, month, created_at } = alert;
  return {
    type: 'budget.alert',
    id,
    text: alertSentence(alert, false),
    scope: scope.toLowerCase(),
    name,
    percent,
    budgetCredits: budget,
    spentCredits: spent,
    month: month.slice(0, 7),
    createdAt: created_at.toISOString(),
  };
}
