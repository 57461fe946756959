import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Database } from '../src/database/database.ts';
import { execute, findPostgresBin, withDatabase } from '../test/setup/databases.ts';
import { startPostgres } from '../test/setup/postgres-server.ts';

/** A Postgres of the benchmark's own, with the durability that it has by default; null where there is none. */
export async function startDatabase() {
  const bin = findPostgresBin();
  if (!bin) return null;
  const { url, stop } = await startPostgres(bin, { durable: true });
  return {
    url,
    async create(name: string): Promise<string> {
      await execute(url, `create database ${name}`);
      return withDatabase(url, name);
    },
    stop,
  };
}

/** Makes what is measured then: a statement that the app sends may take 30 seconds only. */
export async function withoutLimits(url: string, work: (db: Kysely<Database>) => Promise<void>): Promise<void> {
  const db = new Kysely<Database>({
    dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: url, max: 1 }) }),
  });
  try {
    await work(db);
  } finally {
    await db.destroy();
  }
}
