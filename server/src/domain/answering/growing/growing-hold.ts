import type { Logger } from 'pino';
import { isTransient } from '../../../database/connection/transient.ts';
import type { Attempted, CreditWaits } from '../../money/credit-waits.ts';
import type { Growth } from '../../money/hold-growth.ts';
import {
  type Extension,
  type ExtensionOptions,
  extendHold,
  type HoldingJob,
  LeaseLostError,
} from './hold-extension.ts';

export interface GrowingOptions extends ExtensionOptions {
  waits: CreditWaits;
  /** How long an answer waits for credits that others hold beyond their use. */
  creditPatienceMs: number;
  log: Logger;
}

/** The hold of one response, from its admission to its settlement, which grows with the answer. */
export class GrowingHold {
  /** Credits that the database is known to hold for the response. */
  held: number;
  /** The most that the hold may grow to. */
  readonly maximum: number;
  readonly #options: GrowingOptions;
  readonly #job: HoldingJob;
  #isClosed = false;
  #extending: Promise<unknown> = Promise.resolve();

  constructor(options: GrowingOptions, { creditsHeld, growsTo = creditsHeld, ...job }: HoldingJob & Held) {
    this.#options = options;
    this.#job = job;
    this.held = creditsHeld;
    this.maximum = growsTo;
  }

  /**
   * Extends the hold until it covers what is needed, and waits for credits that others are to give back.
   *
   * @param growth what is needed now; asked before each attempt
   * @param onHeld called whenever more is held
   * @param isGivenUp once true, nothing is waited for
   * @returns whether it covers what is needed; if not, nothing more is there. Never rejects.
   */
  async cover(
    growth: () => Pick<Growth, 'needed' | 'ahead'>,
    onHeld: () => void = () => {},
    isGivenUp: () => boolean = () => false,
  ): Promise<boolean> {
    const { creditAccountId: accountId } = this.#job;
    const attempt = async (): Promise<Attempted<boolean>> => {
      if (this.#isClosed) return { result: false };
      const { state, held, scope } = await this.#extend(growth());
      if (held > this.held) {
        this.held = held;
        if (!this.#isClosed) onHeld();
      }
      if (state !== 'waits') return { result: state === 'covered' };
      return { waitsFor: scope ?? { creditAccountId: accountId, apiKeyId: null, userId: null } };
    };
    // It need not wait for others' turns: an answer that is being written will give back what it does not use.
    const first = await attempt();
    if ('result' in first) return first.result;
    const deadline = performance.now() + this.#options.creditPatienceMs;
    const isOver = () => this.#isClosed || isGivenUp() || performance.now() > deadline;
    if (isOver()) return false;
    const { waitsFor } = first;
    return (await this.#options.waits.wait({ who: 'answer', accountId, waitsFor, attempt, isOver })) === true;
  }

  /** Resolves once nothing extends the hold any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#extending;
  }

  #extend(growth: Pick<Growth, 'needed' | 'ahead'>): Promise<Extension> {
    const { maximum, held } = this;
    const needed = Math.min(growth.needed, maximum);
    const extending = extendHold(this.#options, this.#job, { ...growth, needed, maximum }).catch(
      (error: unknown): Extension => {
        if (error instanceof LeaseLostError) return { state: 'lost', held, scope: null };
        const { log } = this.#options;
        const responseId = this.#job.identity.id;
        if (isTransient(error)) {
          log.warn({ err: error, responseId }, 'A hold that is to grow waits for the database.');
          return { state: 'waits', held, scope: null };
        }
        log.error({ err: error, responseId }, 'A hold could not be extended.');
        return { state: 'nothing', held, scope: null };
      },
    );
    this.#extending = extending;
    return extending;
  }
}

interface Held {
  creditsHeld: number;
  growsTo?: number | undefined;
}
