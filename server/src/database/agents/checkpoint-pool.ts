import { CompiledQuery, type ControlledTransaction, type Kysely } from 'kysely';
import type { Database } from '../database.ts';

/** What LangGraph's PostgresSaver uses of a pool of pg. */
export interface CheckpointPool {
  query(text: string, values?: readonly unknown[]): Promise<{ rows: unknown[] }>;
  connect(): Promise<CheckpointClient>;
  end(): Promise<void>;
}

interface CheckpointClient {
  query(text: string, values?: readonly unknown[]): Promise<{ rows: unknown[] }>;
  release(): void;
}

/**
 * Makes a pool of the database that everything else uses: the embedded one has no more than one connection.
 *
 * @param requireMayWrite is asked at the beginning of each transaction, which fails if it rejects. PostgresSaver writes in
 * transactions only.
 */
export function createCheckpointPool(
  db: Kysely<Database>,
  requireMayWrite: (trx: Kysely<Database>) => Promise<void> = async () => {},
): CheckpointPool {
  return {
    query: (text, values = []) => db.executeQuery(CompiledQuery.raw(text, [...values])),
    connect: async () => new Client(db, requireMayWrite),
    async end() {},
  };
}

/** A client that takes a connection for the length of a transaction. */
class Client implements CheckpointClient {
  readonly #db: Kysely<Database>;
  readonly #requireMayWrite: (trx: Kysely<Database>) => Promise<void>;
  #trx: ControlledTransaction<Database> | null = null;

  constructor(db: Kysely<Database>, requireMayWrite: (trx: Kysely<Database>) => Promise<void>) {
    this.#db = db;
    this.#requireMayWrite = requireMayWrite;
  }

  async query(text: string, values: readonly unknown[] = []): Promise<{ rows: unknown[] }> {
    if (text === 'BEGIN') {
      this.#trx = await this.#db.startTransaction().execute();
      await this.#requireMayWrite(this.#trx);
    } else if (text === 'COMMIT') await this.#end((trx) => trx.commit().execute());
    else if (text === 'ROLLBACK') await this.#end((trx) => trx.rollback().execute());
    else return (this.#trx ?? this.#db).executeQuery(CompiledQuery.raw(text, [...values]));
    return { rows: [] };
  }

  /** A transaction that was left open would keep its connection for ever. */
  release(): void {
    this.#end((trx) => trx.rollback().execute()).catch(() => {});
  }

  async #end(how: (trx: ControlledTransaction<Database>) => Promise<void>): Promise<void> {
    const trx = this.#trx;
    this.#trx = null;
    if (trx) await how(trx);
  }
}
