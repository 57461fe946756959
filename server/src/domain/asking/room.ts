import type { Generation } from '../answering/generation.ts';
import type { LiveResponses } from '../answering/live-responses.ts';
import { RateLimitError } from '../ground/errors.ts';
import { BUSY_SECONDS } from './admission.ts';

export interface RoomOptions {
  live: Pick<LiveResponses, 'size'>;
  generation: Pick<Generation, 'draining'>;
  /** Responses that this process writes at once. */
  perProcess: number;
}

/**
 * Limits how many answers this process writes. Among many prompts admitted at the same moment, each counts from its
 * `reserve` on.
 */
export class Room {
  readonly #options: RoomOptions;
  /** Responses that are admitted, or about to be, and not started yet. */
  #reserved = 0;

  constructor(options: RoomOptions) {
    this.#options = options;
  }

  /** Why this process starts nothing now; null: it does start responses. */
  get obstacle(): RateLimitError | null {
    const { live, generation, perProcess } = this.#options;
    if (generation.draining) {
      return new RateLimitError(BUSY_SECONDS, 'The server is restarting. Try again in a few seconds.', 'SERVER_BUSY');
    }
    if (live.size + this.#reserved < perProcess) return null;
    return new RateLimitError(
      BUSY_SECONDS,
      'The server is busy with other answers. Try again in a few seconds.',
      'SERVER_BUSY',
    );
  }

  /** @throws RateLimitError if there is an obstacle */
  reserve(responses: number): void {
    const { obstacle } = this;
    if (obstacle) throw obstacle;
    this.#reserved += responses;
  }

  /** Ends a reservation: its answers have been started, or will not be. */
  release(responses: number): void {
    this.#reserved -= responses;
  }
}
