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

/** Makes a pool of the database that everything else uses: the embedded one has no more than one connection. */
export function createCheckpointPool(db: Kysely<Database>): CheckpointPool {
  return {
    query: (text, values = []) => db.executeQuery(CompiledQuery.raw(text, [...values])),
    connect: async () => new Client(db),
    async end() {},
  };
}

/** A client that takes a connection for the length of a transaction. */
class Client implements CheckpointClient {
  readonly #db: Kysely<Database>;
  #trx: ControlledTransaction<Database> | null = null;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async query(text: string, values: readonly unknown[] = []): Promise<{ rows: unknown[] }> {
    if (text === 'BEGIN') this.#trx = await this.#db.startTransaction().execute();
    else if (text === 'COMMIT') await this.#end((trx) => trx.commit().execute());
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
