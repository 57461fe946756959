import { ToolUnavailable } from '../../ports/tool.ts';

/** How much may be under way at once: of everybody, of one member, and how many wait. */
export interface TurnLimits {
  all: number;
  each: number;
  waiting: number;
}

interface Waiting {
  userId: string;
  go(): void;
}

/** Lets a few calls go on at once, and the others wait, in their order as far as their member's limit lets them. */
export class Turns {
  readonly #limits: TurnLimits;
  readonly #running: string[] = [];
  readonly #waiting = new Set<Waiting>();

  constructor(limits: TurnLimits) {
    this.#limits = limits;
  }

  /** @throws ToolUnavailable while too many wait; the signal's reason once that is aborted */
  async take<T>(userId: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    if (this.#isFree(userId)) this.#running.push(userId);
    else await this.#wait(userId, signal);
    try {
      return await work();
    } finally {
      this.#running.splice(this.#running.indexOf(userId), 1);
      this.#next();
    }
  }

  #isFree(userId: string): boolean {
    const own = this.#running.filter((id) => id === userId).length;
    return this.#running.length < this.#limits.all && own < this.#limits.each;
  }

  #wait(userId: string, signal: AbortSignal): Promise<void> {
    if (this.#waiting.size >= this.#limits.waiting) {
      throw new ToolUnavailable('Too many of these calls are under way at the moment. Try again in a while.');
    }
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(place);
        signal.removeEventListener('abort', giveUp);
      };
      const place: Waiting = {
        userId,
        go: () => {
          leave();
          this.#running.push(userId);
          resolve();
        },
      };
      const giveUp = () => {
        leave();
        reject(signal.reason);
      };
      signal.addEventListener('abort', giveUp, { once: true });
      this.#waiting.add(place);
    });
  }

  #next(): void {
    for (const place of this.#waiting) if (this.#isFree(place.userId)) place.go();
  }
}
