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
import type { Database } from '../database.ts';
import type { Look, Statement } from './statement.ts';

/*
 * Why this file is here: a prompt's transaction has a dozen short statements, and their round trips were most of their
 * cost. Statements that are sent together, or by one `Promise.all` in a transaction, go to the database at once and are
 * answered in their order (by pg's `pipeline`, which the pool must be made with).
 */

/** Makes a Kysely on a pool with `pipeline: true`. */
export function createPipelinedKysely<DB>(config: PostgresDialectConfig): Kysely<DB> {
  const db = new Kysely<DB>({ dialect: new PipelinedDialect(config) });
  const executor = db.getExecutor();
  const withConnectionProvider = executor.withConnectionProvider.bind(executor);
  executor.withConnectionProvider = (provider) =>
    withConnectionProvider(
      // Kysely's SingleConnectionProvider holds back each statement of a transaction until the one before it is
      // answered.
      provider instanceof SingleConnectionProvider
        ? { provideConnection: async (consumer) => consumer(await provider.provideConnection(async (same) => same)) }
        : provider,
    );
  return db;
}

type Statements = Readonly<Record<string, Statement | undefined>>;

/** The rows of each statement; no rows if there is no statement. */
export type RowsOf<Sent extends Statements> = {
  [Name in keyof Sent]: NonNullable<Sent[Name]> extends Statement<infer Row> ? Row[] : never;
};

/** Sends the statements on one connection, in their order, and only then waits for their answers. */
export function sendTogether<Sent extends Statements>(db: Kysely<Database>, statements: Sent): Promise<RowsOf<Sent>> {
  return db.getExecutor().provideConnection((connection) => answersOf(connection, statements));
}

type Looks = Readonly<Record<string, Look<never, unknown> | undefined>>;

/** The result of each look; undefined if there is no look. */
export type SeenBy<Asked extends Looks> = {
  [Name in keyof Asked]:
    | (NonNullable<Asked[Name]> extends Look<never, infer Seen> ? Seen : never)
    | (undefined extends Asked[Name] ? undefined : never);
};

/** Sends the looks' statements together, and reads the rows of each. */
export async function lookTogether<Asked extends Looks>(db: Kysely<Database>, looks: Asked): Promise<SeenBy<Asked>> {
  const asked = Object.entries(looks);
  const rows = await sendTogether(db, Object.fromEntries(asked.map(([name, look]) => [name, look?.statement])));
  return Object.fromEntries(asked.map(([name, look]) => [name, look?.read(rows[name] as never[])])) as SeenBy<Asked>;
}

async function answersOf<Sent extends Statements>(
  connection: DatabaseConnection,
  statements: Sent,
): Promise<RowsOf<Sent>> {
  const answers = await Promise.all(
    Object.entries(statements).map(async ([name, statement]) => [
      name,
      statement ? (await connection.executeQuery(statement)).rows : [],
    ]),
  );
  return Object.fromEntries(answers);
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

class PipelinedDriver extends PostgresDriver {
  /** Lets a transaction's first statement go out together with its `begin`. */
  override async beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    // Only a broken connection refuses `begin`, and it refuses the following statements as well.
    super.beginTransaction(connection, settings).catch(() => {});
  }
}
