import type { Kysely } from 'kysely';
import type { Database } from '../../database/database.ts';
import { findShownResponses, type ShownResponseRow } from '../../database/judging/shown-responses.ts';
import type { SizedRow } from '../../database/people/my-data.ts';

/** How much text is read at once. A single longer text is read whole. */
const BYTES = 2 * 1024 * 1024;

/** Divides rows into groups, in order, whose texts come to BYTES at most or are one long text. */
export function* bySize<Row extends SizedRow>(sized: readonly Row[]): Generator<Row[]> {
  let group: Row[] = [];
  let bytes = 0;
  for (const row of sized) {
    if (group.length > 0 && bytes + row.bytes > BYTES) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(row);
    bytes += row.bytes;
  }
  if (group.length > 0) yield group;
}

/** Reads responses as their member is shown them, in the order in which they were announced, as many at once as BYTES allow. */
export class SizedResponses {
  readonly #db: Kysely<Database>;
  readonly #userId: string;
  readonly #groups: Iterator<SizedRow[]>;
  #read = new Map<string, ShownResponseRow | undefined>();

  /** @param sizes of all that will be asked for, in that order */
  constructor(db: Kysely<Database>, userId: string, sizes: readonly SizedRow[]) {
    this.#db = db;
    this.#userId = userId;
    this.#groups = bySize(sizes);
  }

  /** Those of these that are still there. */
  async *of(sizes: readonly SizedRow[]): AsyncGenerator<ShownResponseRow> {
    for (const { id } of sizes) {
      while (!this.#read.has(id)) await this.#readNext();
      const response = this.#read.get(id);
      if (response) yield response;
    }
  }

  async #readNext(): Promise<void> {
    const next = this.#groups.next();
    if (next.done) throw new Error('These responses were not announced.');
    const ids = next.value.map(({ id }) => id);
    const found = new Map((await findShownResponses(this.#db, this.#userId, ids)).map((row) => [row.id, row]));
    this.#read = new Map(ids.map((id) => [id, found.get(id)]));
  }
}
