import type { Kysely } from 'kysely';
import type { Database } from '../../../database/database.ts';
import { areOthersWriting, type WritingScope } from '../../../database/money/growing-holds.ts';
import type { Generation } from '../../answering/generation.ts';
import { tierOf } from '../../catalogue/catalogue.ts';
import type { CurrentOffer } from '../../catalogue/offer.ts';
import {
  InsufficientCreditsError,
  KeyLimitError,
  MonthlyLimitError,
  TeamMemberLimitError,
} from '../../ground/errors.ts';
import type { Notifications } from '../../ground/notifications.ts';
import { CreditWaits } from '../../money/credit-waits.ts';
import type { CreditAccount } from '../../money/credits.ts';
import type { Asking } from '../../people/members.ts';
import type { RunningLimits } from '../admission.ts';

interface AffordableOptions {
  db: Kysely<Database>;
  offer: CurrentOffer;
  generation: Pick<Generation, 'draining'>;
  notifications: Pick<Notifications, 'subscribe'>;
  limits: RunningLimits;
  /** How long a prompt waits for credits that running answers hold beyond their use. */
  creditPatienceMs: number;
}

/** What an admission is told about the payment, and tells. */
export interface Payment {
  /** Credits that are left of the monthly limit of all accounts; infinite: not known yet. */
  houseRest: number;
  /** Tells which account is to pay. */
  isPaidBy(account: Pick<CreditAccount, 'id' | 'balance'>): void;
}

/**
 * Admits what can be paid. Where holds grow, a prompt that does not fit waits while other answers of its account are
 * being written: they will give back what they do not use.
 */
export class AffordableAdmission {
  readonly #options: AffordableOptions;
  readonly #waits: CreditWaits;

  constructor(options: AffordableOptions) {
    this.#options = options;
    this.#waits = new CreditWaits(options.notifications);
  }

  /** @param admit may be called several times. @throws DomainError */
  async admit<Admitted>(asking: Asking, admit: (payment: Payment) => Promise<Admitted>): Promise<Admitted> {
    let account: Pick<CreditAccount, 'id' | 'balance'> | null = null;
    const isPaidBy = (paying: Pick<CreditAccount, 'id' | 'balance'>) => {
      account = paying;
    };
    if (!tierOf(this.#options.offer.now.catalogue, asking).growingHolds) {
      return admit({ houseRest: Number.POSITIVE_INFINITY, isPaidBy });
    }
    let refusal: InsufficientCreditsError | null = null;
    const once = async () => {
      try {
        return { admitted: await withinHouse((houseRest) => admit({ houseRest, isPaidBy })) };
      } catch (error) {
        if (!(error instanceof InsufficientCreditsError)) throw error;
        refusal = error;
        if (!account || error.required > account.balance) throw error;
        return undefined;
      }
    };
    const attempt = async () => {
      const admitted = await once();
      if (admitted || !account || !refusal) return admitted;
      if (await this.#isAnyWriting(asking, account.id, refusal)) return undefined;
      // The last one may have given its credits back since the refusal.
      const last = await once();
      if (!last) throw refusal;
      return last;
    };
    const first = await attempt();
    if (first) return first.admitted;
    const { generation, limits, creditPatienceMs } = this.#options;
    const { id: accountId } = account as unknown as CreditAccount;
    if (this.#waits.lengthOf(accountId) >= limits.perMember) throw refusal;
    const deadline = performance.now() + creditPatienceMs;
    const isOver = () => generation.draining || performance.now() > deadline;
    const later = await this.#waits.wait(accountId, attempt, isOver);
    if (!later) throw refusal;
    return later.admitted;
  }

  #isAnyWriting(asking: Asking, creditAccountId: string, refusal: InsufficientCreditsError): Promise<boolean> {
    return areOthersWriting(this.#options.db, null, scopeOf(asking, creditAccountId, refusal));
  }
}

/** Whose answers share what the refused prompt lacks. */
function scopeOf(asking: Asking, creditAccountId: string, refusal: InsufficientCreditsError): WritingScope {
  const everybody = { creditAccountId: null, apiKeyId: null, userId: null };
  if (refusal instanceof MonthlyLimitError) return everybody;
  if (refusal instanceof KeyLimitError) return { ...everybody, apiKeyId: asking.apiKey?.id ?? null };
  if (refusal instanceof TeamMemberLimitError) return { ...everybody, creditAccountId, userId: asking.id };
  return { ...everybody, creditAccountId };
}

/**
 * The monthly limit of all accounts is asked last, at the commit. If it has no room for the hold, a smaller one is
 * tried.
 */
async function withinHouse<Admitted>(admit: (houseRest: number) => Promise<Admitted>): Promise<Admitted> {
  try {
    return await admit(Number.POSITIVE_INFINITY);
  } catch (error) {
    if (!(error instanceof MonthlyLimitError)) throw error;
    return admit(error.available);
  }
}
