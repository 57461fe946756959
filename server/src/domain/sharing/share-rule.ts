import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { Database } from '../../database/database.ts';
import { findHouseSetting, setHouseSetting } from '../../database/people/house-settings.ts';
import type { ShareAudience } from '../../database/sharing/shares.ts';
import { houseTopic, type Notifications } from '../ground/notifications.ts';
import { type Actor, audit } from '../people/administration.ts';

/** What members may share: with anyone who has a link, with other members only, or nothing. */
export const shareRules = ['LINK', 'MEMBERS', 'NOBODY'] as const;
export type ShareRuleKind = (typeof shareRules)[number];

export interface ShareRuleOptions {
  db: Kysely<Database>;
  notifications: Notifications;
  log: Logger;
}

const NAME = 'sharing';

/** With whom members may share, as an admin decides. It holds for what is shared already too. */
export class ShareRule {
  readonly #options: ShareRuleOptions;
  readonly #unsubscribe: () => void;
  #kind: ShareRuleKind = 'LINK';

  constructor(options: ShareRuleOptions) {
    this.#options = options;
    this.#unsubscribe = options.notifications.subscribe(houseTopic, () => {
      this.refresh().catch((err) => options.log.warn({ err }, 'The rule of sharing could not be read.'));
    });
  }

  /** The rule, as this process last read it. */
  get kind(): ShareRuleKind {
    return this.#kind;
  }

  allows(audience: ShareAudience): boolean {
    return this.#kind === 'LINK' || this.#kind === audience;
  }

  /** Reads what admins of any process have chosen. */
  async refresh(): Promise<void> {
    const { kind } = { kind: undefined, ...(await findHouseSetting(this.#options.db, NAME)) };
    this.#kind = shareRules.find((known) => known === kind) ?? 'LINK';
  }

  /** Stores the rule for all processes, and writes that to the audit log. */
  async choose(actor: Actor, kind: ShareRuleKind): Promise<void> {
    const { db, notifications } = this.#options;
    await db.transaction().execute(async (trx) => {
      await setHouseSetting(trx, NAME, { kind });
      await audit(trx, actor, 'setShareRule', kind, null);
    });
    await this.refresh();
    notifications.publish([houseTopic]);
  }

  close(): void {
    this.#unsubscribe();
  }
}
