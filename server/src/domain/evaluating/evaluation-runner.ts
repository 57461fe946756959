import type { Logger } from 'pino';
import { claimEvaluations, releaseEvaluations } from '../../database/judging/evaluations.ts';
import { EvaluationWork, type WorkOptions } from './evaluation-work.ts';

/**
 * Works at the evaluations of all members: sends what is next, and takes note of what has ended. A lease on an
 * evaluation's row names the process that works at it; one that ran out is taken by any process, which goes on where the
 * other died.
 */
export class EvaluationRunner {
  readonly #options: WorkOptions & { log: Logger };
  readonly #works = new Map<string, EvaluationWork>();
  readonly #ended = new Set<Promise<void>>();
  /** Those that were taken again while their work was about to end. */
  readonly #again = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | null = null;
  #isWoken = false;
  #isClosed = false;

  constructor(options: WorkOptions & { log: Logger }) {
    this.#options = options;
    this.wake();
  }

  /** Looks for work now; it also looks again and again by itself. */
  wake(): void {
    this.#isWoken = true;
    for (const work of this.#works.values()) work.wake();
    if (this.#isClosed || this.#looking) return;
    clearTimeout(this.#timer);
    this.#looking = this.#look().finally(() => {
      this.#looking = null;
      if (!this.#isClosed) this.#timer = setTimeout(() => this.wake(), this.#options.leaseMs / 3).unref();
    });
  }

  /** Tells that an answer of this turn has ended in this process. */
  onSettled(turnId: string): void {
    for (const work of this.#works.values()) if (work.awaits(turnId)) work.wake();
  }

  /** Resolves when what is under way is done; answers that are being written go on. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const work of this.#works.values()) work.end();
    await this.#looking;
    await Promise.all(this.#ended);
    const { db, owner, log } = this.#options;
    await releaseEvaluations(db, owner).catch((err) => log.debug({ err }, 'The leases of evaluations run out later.'));
  }

  async #look(): Promise<void> {
    const { db, owner, leaseMs, log } = this.#options;
    while (this.#isWoken && !this.#isClosed) {
      this.#isWoken = false;
      try {
        for (const id of await claimEvaluations(db, { owner, leaseMs, limit: AT_ONCE })) this.#start(id);
      } catch (err) {
        log.warn({ err }, 'Evaluations could not be looked for; the next try is soon.');
      }
    }
  }

  #start(id: string): void {
    if (this.#isClosed) return;
    if (this.#works.has(id)) {
      this.#again.add(id);
      return;
    }
    const work = new EvaluationWork(this.#options, id);
    this.#works.set(id, work);
    const ended = work.run().finally(() => {
      this.#works.delete(id);
      this.#ended.delete(ended);
      if (this.#again.delete(id)) this.#start(id);
    });
    this.#ended.add(ended);
  }
}

/** How many evaluations are taken at once. */
const AT_ONCE = 20;
