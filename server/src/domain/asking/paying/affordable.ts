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
import type { Attempted, CreditWaits } from '../../money/credit-waits.ts';
import type { CreditAccount } from '../../money/credits.ts';
import type { Asking } from '../../people/members.ts';
import type { RunningLimits } from '../admission.ts';

interface AffordableOptions {
  db: Kysely<Database>;
  offer: CurrentOffer;
  generation: Pick<Generation, 'draining'>;
  waits: CreditWaits;
  limits: RunningLimits;
  /** How long a prompt waits for credits that running answers hold beyond their use. */
  creditPatienceMs: number;
}

type PayingAccount = Pick<CreditAccount, 'id' | 'balance' | 'held'>;

/** What an admission is told about the payment, and tells. */
export interface Payment {
  /** Credits that are left of the monthly limit of all accounts; infinite: not known yet. */
  houseRest: number;
  /** Tells which account is to pay. @returns the credits of it that the prompt may take */
  availableOf(account: PayingAccount): number;
}

/**
 * Admits what can be paid. Where holds grow, a prompt that does not fit waits while other answers of its account are
 * being written: they will give back what they do not use. A later prompt does not overtake it, however little it needs.
 */
export class AffordableAdmission {
  readonly #options: AffordableOptions;

  constructor(options: AffordableOptions) {
    this.#options = options;
  }

  /**
   * @param admit may be called several times
   * @param signal ends the wait
   * @throws DomainError
   */
  async admit<Admitted>(
    asking: Asking,
    admit: (payment: Payment) => Promise<Admitted>,
    signal?: AbortSignal,
  ): Promise<Admitted> {
    if (!tierOf(this.#options.offer.now.catalogue, asking).growingHolds) {
      return admit({ houseRest: Number.POSITIVE_INFINITY, availableOf: freeOf });
    }
    const { waits, generation, limits, creditPatienceMs } = this.#options;
    const attempt = new AdmissionAttempt(this.#options, asking, admit);
    const first = await attempt.run();
    if ('result' in first) return first.result;
    if ((waits.promptsWaitingFor(first.waitsFor) ?? 0) >= limits.perMember) throw attempt.refusal;
    const deadline = performance.now() + creditPatienceMs;
    attempt.isInTurn = true;
    const later = await waits.wait({
      who: 'prompt',
      accountId: attempt.accountId,
      waitsFor: first.waitsFor,
      attempt: async () => {
        const attempted = await attempt.run();
        return 'result' in attempted ? { result: { admitted: attempted.result } } : attempted;
      },
      isOver: () => generation.draining || signal?.aborted === true || performance.now() > deadline,
    });
    if (!later) throw attempt.refusal;
    return later.admitted;
  }
}

function freeOf({ balance, held }: PayingAccount): number {
  return balance - held;
}

/** The admission of one prompt, which may be tried several times. */
class AdmissionAttempt<Admitted> {
  /** Whether those who came before have had their turn. */
  isInTurn = false;
  /** Why it was refused last. */
  refusal: InsufficientCreditsError | null = null;
  readonly #options: AffordableOptions;
  readonly #asking: Asking;
  readonly #admit: (payment: Payment) => Promise<Admitted>;
  #account: PayingAccount | null = null;
  /** What others wait for, who came before; null: the last attempt was let through. */
  #heldBackBy: WritingScope | null = null;

  constructor(options: AffordableOptions, asking: Asking, admit: (payment: Payment) => Promise<Admitted>) {
    this.#options = options;
    this.#asking = asking;
    this.#admit = admit;
  }

  /** The account that is to pay, once an attempt was refused. */
  get accountId(): string {
    return (this.#account as PayingAccount).id;
  }

  /** @throws DomainError if waiting would not help */
  async run(): Promise<Attempted<Admitted>> {
    const admitted = await this.#once();
    if (admitted) return { result: admitted.admitted };
    if (this.#heldBackBy) return { waitsFor: this.#heldBackBy };
    const scope = this.#scopeOf(this.refusal as InsufficientCreditsError);
    if (await areOthersWriting(this.#options.db, null, scope)) return { waitsFor: scope };
    // The last one may have given its credits back since the refusal.
    const last = await this.#once();
    if (!last) throw this.refusal;
    return { result: last.admitted };
  }

  async #once(): Promise<{ admitted: Admitted } | null> {
    this.#heldBackBy = null;
    const availableOf = (account: PayingAccount) => this.#availableOf(account);
    try {
      return { admitted: await withinHouse((houseRest) => this.#admit({ houseRest, availableOf })) };
    } catch (error) {
      if (!(error instanceof InsufficientCreditsError)) throw error;
      this.refusal = error;
      if (this.#account && error.required <= this.#account.balance) return null;
      if (!this.#heldBackBy) throw error;
      // Waiting will not help, and what is there is not what the prompt was told.
      this.isInTurn = true;
      return this.#once();
    }
  }

  /** Nothing while others wait who came before. What costs nothing is admitted all the same. */
  #availableOf(account: PayingAccount): number {
    this.#account = account;
    const { waits, limits } = this.#options;
    const isTaken = (scope: WritingScope) => {
      const prompts = waits.promptsWaitingFor(scope);
      // A line that is full is not joined: the prompt takes what is there, or is refused.
      return prompts !== null && prompts < limits.perMember;
    };
    this.#heldBackBy = this.isInTurn ? null : (this.#scopes(account).find(isTaken) ?? null);
    return this.#heldBackBy ? Math.min(0, freeOf(account)) : freeOf(account);
  }

  /** What the prompt shares with others, but the limit of all accounts. */
  #scopes({ id: creditAccountId }: PayingAccount): WritingScope[] {
    const { id: userId, apiKey } = this.#asking;
    return [
      { ...everybody, creditAccountId },
      { ...everybody, creditAccountId, userId },
      ...(apiKey ? [{ ...everybody, apiKeyId: apiKey.id }] : []),
    ];
  }

  /** Whose answers share what the refused prompt lacks. */
  #scopeOf(refusal: InsufficientCreditsError): WritingScope {
    const { id: userId, apiKey } = this.#asking;
    const creditAccountId = this.accountId;
    if (refusal instanceof MonthlyLimitError) return everybody;
    if (refusal instanceof KeyLimitError) return { ...everybody, apiKeyId: apiKey?.id ?? null };
    if (refusal instanceof TeamMemberLimitError) return { ...everybody, creditAccountId, userId };
    return { ...everybody, creditAccountId };
  }
}

const everybody: WritingScope = { creditAccountId: null, apiKeyId: null, userId: null };

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
