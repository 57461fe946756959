import { once } from 'node:events';
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { Database } from '../../../database/database.ts';
import { claimUnmailedAlert, type MailedAlert } from '../../../database/money/budget-alerts.ts';
import type { Mail, Mailer } from '../../../ports/mailer.ts';
import { alertSentence } from './budget-alerts.ts';

export interface AlertMailsOptions {
  db: Kysely<Database>;
  mailer: Mailer;
  log: Logger;
}

/**
 * Mails budget alerts to those who answer for the budgets, one mail after the other, so that no crowd of them keeps other
 * mails waiting.
 */
export class AlertMails {
  readonly #options: AlertMailsOptions;
  readonly #closed = new AbortController();
  readonly #closing = once(this.#closed.signal, 'abort');
  #isWoken = false;
  #working: Promise<void> | null = null;

  constructor(options: AlertMailsOptions) {
    this.#options = options;
  }

  /** Tells that there may be an alert. */
  wake(): void {
    this.#isWoken = true;
    if (this.#closed.signal.aborted || this.#working) return;
    this.#working = this.#work();
  }

  /** Begins no other alert. Mails that were given to the mailer end with it: a mail server may be slow. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.#working;
  }

  async #work(): Promise<void> {
    const { db, log } = this.#options;
    while (this.#isWoken && !this.#closed.signal.aborted) {
      this.#isWoken = false;
      try {
        while (!this.#closed.signal.aborted) {
          const alert = await claimUnmailedAlert(db);
          if (!alert) break;
          await this.#mail(alert);
        }
      } catch (error) {
        log.warn({ err: error }, 'Budget alerts could not be mailed; the next try is soon.');
      }
    }
    // Nobody can wake it between the last look at `#isWoken` and this.
    this.#working = null;
  }

  async #mail(alert: MailedAlert): Promise<void> {
    // Nobody else has this alert: once it is closed, the mailer gets what is left of it at once.
    for (const to of alert.addresses) await Promise.race([this.#options.mailer.send(mailOf(alert, to)), this.#closing]);
  }
}

function mailOf(alert: MailedAlert, to: string): Mail {
  const { percent } = alert;
  return {
    to,
    subject: percent === 100 ? 'This month’s credits are used up' : `${percent} % of this month’s credits are used`,
    text: `${alertSentence(alert, true)}\n\nThe month ends on its last day, UTC.\n`,
  };
}
