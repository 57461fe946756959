import { setTimeout as delay } from 'node:timers/promises';
import type { Shortening } from '../../database/agents/agent-tables.ts';
import { isTransient } from '../../database/connection/transient.ts';
import type { ModelFailure } from '../../ports/language-model.ts';
import type { LiveResponse, Stoppable, StopReason } from '../answering/live-responses.ts';
import { AnswerLost } from './step-book.ts';

/**
 * Why an answer ends before its graph does. `LENGTH`: nothing more fits into its model's window or answer. `FAILED`: its
 * model, or its graph, has failed. `HANDED_OVER`: another process goes on with it.
 */
export type AnswerEnding = Shortening | 'LENGTH' | 'STOPPED' | 'FAILED' | 'HANDED_OVER';

/** Unwinds the graph of an answer that ends. */
export class AnswerOver extends Error {}

/** Whether an answer goes on: it ends at its member's word, at its limits, or with its process. */
export class AnswerCourse implements Stoppable {
  ending: AnswerEnding | null = null;
  failure: ModelFailure | null = null;
  readonly #response: LiveResponse;
  readonly #over = new AbortController();
  #writer: Stoppable | null = null;
  /** Time that it may still take, in ms, without its waiting for its member. */
  #msLeft: number;
  #runningSince = performance.now();
  #timer: NodeJS.Timeout | undefined;

  constructor(response: LiveResponse, msLeft: number) {
    this.#response = response;
    this.#msLeft = msLeft;
    response.whenStopped(this);
    this.#startClock();
  }

  /** Aborted when the answer ends before its graph does. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** As readers of the step under way see it. */
  get stopReason(): StopReason | null {
    if (this.ending === null) return null;
    return this.ending === 'HANDED_OVER' ? 'INTERRUPTED' : 'STOPPED';
  }

  /** Called by the response. */
  stop(): void {
    this.#end(this.#response.stopReason === 'INTERRUPTED' ? 'HANDED_OVER' : 'STOPPED');
  }

  /** @throws AnswerOver */
  end(ending: AnswerEnding, failure: ModelFailure | null = null): never {
    this.failure ??= failure;
    this.#end(ending);
    throw new AnswerOver(ending);
  }

  /** @throws AnswerOver if it has ended */
  requireGoing(): void {
    if (this.ending !== null) throw new AnswerOver(this.ending);
  }

  /** As `LiveResponse.whenStopped`, for the step under way. */
  whenStopped(writer: Stoppable | null): void {
    this.#writer = writer;
    if (this.ending !== null) writer?.stop();
  }

  /** Waits for its member, without its time running out. */
  async withoutClock<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#stopClock();
    this.#response.waits = true;
    try {
      return await work();
    } finally {
      this.#response.waits = false;
      if (this.ending === null) this.#startClock();
    }
  }

  /**
   * Does the work again while the database is away.
   *
   * @throws AnswerOver if another process has the answer by now, or is to have it
   */
  async patiently<Result>(work: () => Promise<Result>): Promise<Result> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (error instanceof AnswerLost) this.end('HANDED_OVER');
        if (!isTransient(error)) throw error;
        if (this.ending === 'HANDED_OVER') throw new AnswerOver(this.ending);
        await delay(RETRY_MS);
      }
    }
  }

  close(): void {
    this.#stopClock();
    this.#response.whenStopped(null);
  }

  #end(ending: AnswerEnding): void {
    // A process that ends, or has lost the answer, writes nothing more of it, whatever else ended it.
    if (this.ending !== null && ending !== 'HANDED_OVER') return;
    this.ending = ending;
    this.#stopClock();
    this.#over.abort(new AnswerOver(ending));
    this.#writer?.stop();
  }

  #startClock(): void {
    this.#runningSince = performance.now();
    this.#timer = setTimeout(() => this.#end('MINUTES'), Math.max(0, this.#msLeft));
  }

  #stopClock(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#msLeft -= performance.now() - this.#runningSince;
  }
}

const RETRY_MS = 200;
