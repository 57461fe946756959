import type { Kysely } from 'kysely';
import type { Database } from '../../../database/database.ts';
import { countVerdictsOfPairs } from '../../../database/judging/pair-counts.ts';

/** How many verdicts have compared two models, by their ids in any order. */
export type VerdictsOfPair = (one: string, other: string) => number;

const AGE_MS_MAX = 60_000;

/** What is known about pairs of models. All verdicts are read for it, so that it may be a minute old. */
export class KnownPairs {
  readonly #db: Kysely<Database>;
  #known: Promise<VerdictsOfPair> | null = null;
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  now(): Promise<VerdictsOfPair> {
    if (this.#known && performance.now() < this.#readAt + AGE_MS_MAX) return this.#known;
    this.#readAt = performance.now();
    this.#known = this.#read();
    this.#known.catch(() => {
      this.#known = null;
    });
    return this.#known;
  }

  async #read(): Promise<VerdictsOfPair> {
    const rows = await countVerdictsOfPairs(this.#db);
    const counts = new Map(rows.map(({ one, other, verdicts }) => [keyOf(one, other), verdicts]));
    return (one, other) => counts.get(keyOf(one, other)) ?? 0;
  }
}

function keyOf(one: string, other: string): string {
  return JSON.stringify([one, other].sort());
}
