import {
  type Compilable,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  type PostgresPool,
  type PostgresPoolClient,
  PostgresQueryCompiler,
  type RawBuilder,
} from 'kysely';
import type pg from 'pg';
import type { Database } from '../database.ts';
import type { Statement } from './statement.ts';

/*
 * Why this file is here: building, parsing and planning a statement took as long as executing it. The statements that a
 * prompt waits for are built once in a process, and parsed and planned once on a connection.
 */

/**
 * Makes a function that builds the statement at its first call, and then only fills in the arguments.
 *
 * `build` gets a placeholder for each argument, and may put it wherever Kysely takes a value. The text of the statement
 * must be the same for all arguments, and must name its columns: a prepared `select *` keeps the columns of its first
 * use.
 */
export function prepare<Arguments extends object, Row>(
  build: (db: Kysely<Database>, places: Arguments) => Compilable<Row> | RawBuilder<Row>,
): (values: Arguments) => Statement<Row> {
  let built: Statement<Row> | undefined;
  return (values) => {
    if (!built) {
      built = build(builder, places as Arguments).compile(builder) as Statement<Row>;
      if (!names.has(built.sql)) names.set(built.sql, `polylogue_${names.size}`);
    }
    const parameters = built.parameters.map((value) =>
      value instanceof Place ? values[value.name as keyof Arguments] : value,
    );
    return { ...built, parameters };
  };
}

class Place {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

const places = new Proxy({}, { get: (_none, name) => new Place(String(name)) });

const builder = new Kysely<Database>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});

/** The names of the prepared statements, by their text. */
const names = new Map<string, string>();

/**
 * Wraps the pool for Kysely. On connections that keep prepared statements, the statements of `prepare` are sent with
 * their names.
 */
export function withPrepared(pool: pg.Pool, keepsPrepared: (client: pg.PoolClient) => boolean): PostgresPool {
  const clients = new WeakMap<pg.PoolClient, PostgresPoolClient>();
  return {
    async connect() {
      const client = await pool.connect();
      if (!keepsPrepared(client)) return client;
      const known = clients.get(client) ?? naming(client);
      clients.set(client, known);
      return known;
    },
    end: () => pool.end(),
  };
}

function naming(client: pg.PoolClient): PostgresPoolClient {
  return {
    query: ((text: string, values: unknown[]) =>
      client.query({ name: names.get(text), text, values })) as unknown as PostgresPoolClient['query'],
    release: () => client.release(),
  };
}
