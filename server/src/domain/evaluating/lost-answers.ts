import type { Kysely } from 'kysely';
import type { Database } from '../../database/database.ts';
import { findLostAnswers, type LostAnswerRow, reopenAsk } from '../../database/judging/asked-again.ts';

/** How often an answer is asked for in all: one with which every process ends is not asked for ever. */
const TRIES_MAX = 3;

/**
 * The answers of an evaluation that are lost: their process ended before they had written anything that costs something.
 * They are asked for again; those that were charged are not, so that nobody pays twice for one answer.
 */
export class LostAnswers {
  readonly #db: Kysely<Database>;
  readonly #evaluationId: string;
  readonly #givenUp = new Set<string>();
  /** An earlier process may have left some. */
  #mayBeLeft = true;

  constructor(db: Kysely<Database>, evaluationId: string) {
    this.#db = db;
    this.#evaluationId = evaluationId;
  }

  /** Has `next` look for lost answers again. */
  look(): void {
    this.#mayBeLeft = true;
  }

  async next(): Promise<LostAnswerRow | undefined> {
    if (!this.#mayBeLeft) return undefined;
    const limit = this.#givenUp.size + 1;
    const lost = await findLostAnswers(this.#db, this.#evaluationId, { triesMax: TRIES_MAX, limit });
    const next = lost.find(({ id }) => !this.#givenUp.has(id));
    this.#mayBeLeft = next !== undefined;
    return next;
  }

  /** Opens the answer's prompt again, whose end is then awaited once more. */
  async reopen({ position, repeat }: LostAnswerRow, most: number): Promise<void> {
    const key = { evaluationId: this.#evaluationId, position, repeat };
    await this.#db.transaction().execute((trx) => reopenAsk(trx, key, most));
  }

  /** Does not ask for this one any more: its prompt cannot be sent. */
  giveUp({ id }: LostAnswerRow): void {
    this.#givenUp.add(id);
  }
}
