import type { Kysely } from 'kysely';
import { expect } from 'vitest';
import type { Database } from '../../../src/database/database.ts';

/** Somebody who is or was in a team. */
interface Pair {
  userId: string;
  teamId: string;
}

/** Watches over the steps of a history that a team pays for nothing that was begun by those who had left it. */
export class Memberships {
  readonly #db: Kysely<Database>;
  readonly #teamIds: readonly string[];
  /** Those who were out at the end of the last step. */
  #out = new Set<string>();
  /** Those who joined or left in this step, or tried to. */
  readonly #changed = new Set<string>();
  /** The answers of the steps before. */
  readonly #seen = new Set<string>();

  constructor(db: Kysely<Database>, teamIds: readonly string[]) {
    this.#db = db;
    this.#teamIds = teamIds;
  }

  /** Tells that somebody is about to join or to leave: in this step they may be seen in the team, or out of it. */
  mayChange(pair: Pair): void {
    this.#changed.add(keyOf(pair));
  }

  /** Checks what was begun in this step, and begins the next one. */
  async expectHeeded(): Promise<void> {
    const paid = await this.#db
      .selectFrom('response')
      .innerJoin('credit_account', 'credit_account.id', 'response.credit_account_id')
      .select(['response.id', 'response.user_id as userId', 'credit_account.team_id as teamId'])
      .where('credit_account.team_id', 'in', this.#teamIds)
      .$narrowType<Pair>()
      .execute();
    const begun = paid.filter(({ id }) => !this.#seen.has(id));
    const wasOut = (pair: Pair) => this.#out.has(keyOf(pair)) && !this.#changed.has(keyOf(pair));
    expect(begun.filter(wasOut)).toEqual([]);
    for (const { id } of begun) this.#seen.add(id);
    const out = await this.#db
      .selectFrom('team_member')
      .select(['user_id as userId', 'team_id as teamId'])
      .where('team_id', 'in', this.#teamIds)
      .where('left_at', 'is not', null)
      .execute();
    this.#out = new Set(out.map(keyOf));
    this.#changed.clear();
  }
}

function keyOf({ userId, teamId }: Pair): string {
  return `${teamId} ${userId}`;
}
