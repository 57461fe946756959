/** A lane as far as it is written. */
export interface WrittenLane {
  /** UTF-16 code units. */
  length: number;
  /** Whether nothing more will be written. */
  ended: boolean;
}

/** The bounds of the pace at which lanes go on beyond the end of another, in UTF-16 code units a millisecond. */
const PACE_MIN = 0.12;
const PACE_MAX = 0.4;

/**
 * How far the lanes of a blind turn are shown: all equally far, so that nobody sees which model is the faster one.
 *
 * Nothing is shown until each lane has begun or ended. From then on the slowest lane leads. What is longer than a lane
 * that has ended goes on at the pace so far: if it came at once, it would be seen that it had been waiting.
 *
 * Where it is known which lane must be the slowest, as a merge of the others, its end is hidden too: lanes that are being
 * written are shown but for their last words, and no faster than they would be shown beyond its end.
 */
export class EqualPace {
  readonly #lag: number;
  #shown = 0;
  #beganAt: number | null = null;
  #at = 0;
  /** Whether more is written than is shown yet, so that time alone will show it. */
  isHeldBack = false;

  /** @param lag how much is not shown of a lane that is being written, in UTF-16 code units */
  constructor({ lag = 0 } = {}) {
    this.#lag = lag;
  }

  /**
   * @param now milliseconds by any clock
   * @returns how far each lane is shown, in UTF-16 code units; negative: nothing of any lane is told yet, nor its end
   */
  advance(lanes: readonly WrittenLane[], now: number): number {
    this.isHeldBack = false;
    if (lanes.some(({ length, ended }) => length === 0 && !ended)) return -1;
    const running = lanes.filter(({ ended }) => !ended);
    const isFirst = this.#beganAt === null;
    if (this.#beganAt === null) {
      this.#beganAt = now;
      this.#at = now;
      // A reader who comes when all is written sees it as it is.
      if (running.length === 0) this.#shown = Number.POSITIVE_INFINITY;
    }
    const lengths = lanes.map(({ length }) => length).filter((length) => length > 0);
    const slowest = Math.min(...running.map(({ length }) => length));
    const reach = running.length > 0 ? Math.max(0, slowest - this.#lag) : Math.max(0, ...lengths);
    const common = Math.min(...lengths, Number.POSITIVE_INFINITY);
    // A lane whose end is hidden is never shown faster than what others have beyond it: where that slows down would tell it.
    const free = this.#lag > 0 && !isFirst ? -1 : Math.min(reach, common);
    if (free > this.#shown) {
      this.#shown = free;
      this.#at = now;
    } else if (reach > this.#shown) {
      const pace = this.#lag > 0 && running.length > 0 ? PACE_MAX : this.#paceAt(now);
      const more = Math.floor((now - this.#at) * pace);
      if (more > 0) this.#at = now;
      this.#shown = Math.min(reach, this.#shown + more);
    } else {
      // Nothing was held back: time that passes while the lanes are written is not saved up.
      this.#at = now;
    }
    this.isHeldBack = reach > this.#shown;
    return this.#shown;
  }

  #paceAt(now: number): number {
    const elapsed = now - (this.#beganAt ?? now);
    const pace = elapsed > 0 ? this.#shown / elapsed : PACE_MAX;
    return Math.min(PACE_MAX, Math.max(PACE_MIN, pace));
  }
}
