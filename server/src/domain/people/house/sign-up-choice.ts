import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { Database } from '../../../database/database.ts';
import { findHouseSetting, setHouseSetting } from '../../../database/people/house-settings.ts';
import { InvalidInputError } from '../../ground/errors.ts';
import { houseTopic, type Notifications } from '../../ground/notifications.ts';
import { type Actor, audit } from '../administration.ts';
import { parseSignUpRule, type SignUpRule } from '../sign-up-rule.ts';

/** A rule that an admin chose, and whether they knew that answers cost money then. */
interface Choice {
  rule: SignUpRule;
  knewCost: boolean;
}

export interface SignUpChoiceOptions {
  db: Kysely<Database>;
  notifications: Notifications;
  /** The rule of SIGN_UP; null: it is not set, and admins choose. */
  fixed: SignUpRule | null;
  /** The rule where nobody has chosen. */
  standard(): SignUpRule;
  /** Whether answers cost the operator money now. */
  spendsMoney(): boolean;
  log: Logger;
}

const NAME = 'sign-up';

/**
 * Who may make an account: SIGN_UP if it is set, else what an admin chose, else what is safe. A choice to let strangers
 * in holds only as long as they spend nobody's money, unless it was made when answers cost money already: a key that
 * is added later must not be theirs.
 */
export class SignUpChoice {
  readonly #options: SignUpChoiceOptions;
  readonly #unsubscribe: () => void;
  #choice: Choice | null = null;

  constructor(options: SignUpChoiceOptions) {
    this.#options = options;
    this.#unsubscribe = options.notifications.subscribe(houseTopic, () => {
      this.refresh().catch((error) => options.log.warn({ err: error }, 'The rule of sign-ups could not be read.'));
    });
  }

  get isFixed(): boolean {
    return this.#options.fixed !== null;
  }

  get spendsMoney(): boolean {
    return this.#options.spendsMoney();
  }

  /** The rule, as this process last read it. */
  get rule(): SignUpRule {
    const { fixed, standard } = this.#options;
    if (fixed) return fixed;
    return this.#choice && !this.hasLapsed ? this.#choice.rule : standard();
  }

  /** Whether an admin's choice is not in force, since it let strangers in before answers cost money. */
  get hasLapsed(): boolean {
    if (this.isFixed || !this.#choice) return false;
    const { rule, knewCost } = this.#choice;
    const isSafe = rule.kind === 'INVITE' || rule.kind === 'CLOSED';
    return !isSafe && !knewCost && this.spendsMoney;
  }

  /** Reads what admins of any process have chosen. */
  async refresh(): Promise<void> {
    if (!this.isFixed) this.#choice = toChoice(await findHouseSetting(this.#options.db, NAME));
  }

  /**
   * Stores the rule for all processes, and writes that to the audit log.
   *
   * @throws InvalidInputError if SIGN_UP says the rule, or a domain is none
   */
  async choose(
    actor: Actor,
    { kind, domains }: { kind: SignUpRule['kind']; domains: readonly string[] },
  ): Promise<void> {
    const { db, notifications } = this.#options;
    if (this.isFixed) throw new InvalidInputError('rule', 'SIGN_UP says who may sign up on this server.');
    const text = kind === 'DOMAINS' ? `domains:${domains.join(',')}` : kind.toLowerCase();
    const rule = parseSignUpRule(text);
    if (!rule || text.length > TEXT_LENGTH_MAX) {
      throw new InvalidInputError('domains', 'Enter domains such as example.org, with commas between them.');
    }
    await db.transaction().execute(async (trx) => {
      await setHouseSetting(trx, NAME, { rule: text, knewCost: this.spendsMoney });
      await audit(trx, actor, 'setSignUpRule', text, null);
    });
    await this.refresh();
    notifications.publish([houseTopic]);
  }

  close(): void {
    this.#unsubscribe();
  }
}

const TEXT_LENGTH_MAX = 2000;

function toChoice(stored: object | null): Choice | null {
  const { rule: text, knewCost } = { rule: undefined, knewCost: undefined, ...stored } as Record<string, unknown>;
  const rule = typeof text === 'string' ? parseSignUpRule(text) : null;
  return rule && { rule, knewCost: knewCost === true };
}
