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
 * Why this file is here: to build a statement, to parse it and to plan it took as long as to carry it out. Those that a
 * prompt waits for are built once in a process, and parsed and planned once on a connection.
 */

/**
 * A statement with places for arguments.
 *
 * What `build` gets as its second parameter stands for the arguments: it may be put wherever Kysely takes a value. Its
 * text must be the same for all of them, and name its columns: of `select *` Postgres would keep those of today.
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

/** By the statement's text. */
const names = new Map<string, string>();

/** The pool for Kysely: what is prepared has its name on those of its connections that keep it. */
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
