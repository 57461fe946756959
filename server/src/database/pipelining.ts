import {
  type DatabaseConnection,
  type Driver,
  Kysely,
  PostgresDialect,
  type PostgresDialectConfig,
  PostgresDriver,
  SingleConnectionProvider,
  type TransactionSettings,
} from 'kysely';

/*
 * Why this file is here: a prompt's transaction has a dozen short statements, and most of what they cost was the way
 * there and back of each. What goes to the database by one `Promise.all` in a transaction is sent at once, and answered
 * in its order (`pipeline` of pg, for a pool that is made with it).
 */

/** Kysely on a pool with `pipeline: true`. */
export function createPipelinedKysely<DB>(config: PostgresDialectConfig): Kysely<DB> {
  const db = new Kysely<DB>({ dialect: new PipelinedDialect(config) });
  const executor = db.getExecutor();
  const withConnectionProvider = executor.withConnectionProvider.bind(executor);
  executor.withConnectionProvider = (provider) =>
    withConnectionProvider(
      // Kysely's own holds back each statement of a transaction until the one before it was answered.
      provider instanceof SingleConnectionProvider
        ? { provideConnection: async (consumer) => consumer(await provider.provideConnection(async (same) => same)) }
        : provider,
    );
  return db;
}

class PipelinedDialect extends PostgresDialect {
  readonly #config: PostgresDialectConfig;

  constructor(config: PostgresDialectConfig) {
    super(config);
    this.#config = config;
  }

  override createDriver(): Driver {
    return new PipelinedDriver(this.#config);
  }
}

/** A transaction's first statement goes out together with its `begin`. */
class PipelinedDriver extends PostgresDriver {
  override async beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    // Only a broken connection refuses it, and then it refuses what follows as well.
    super.beginTransaction(connection, settings).catch(() => {});
  }
}
