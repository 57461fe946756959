import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Database } from '../src/database/database.ts';
import { execute, findPostgresBin, withDatabase } from '../test/setup/databases.ts';
import { startPostgres } from '../test/setup/postgres-server.ts';
import { cpuOfFamily } from './processes.ts';

/** A Postgres of the benchmark's own, with the durability that it has by default; null where there is none. */
export async function startDatabase() {
  const bin = findPostgresBin();
  if (!bin) return null;
  const { url, stop } = await startPostgres(bin, { durable: true });
  const pid = await postmasterOf(url);
  return {
    url,
    /** What all of its processes have used so far, in microseconds. */
    cpu: () => cpuOfFamily(pid),
    async create(name: string): Promise<string> {
      await execute(url, `create database ${name}`);
      return withDatabase(url, name);
    },
    stop,
  };
}

async function postmasterOf(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query("select split_part(pg_read_file('postmaster.pid'), E'\\n', 1) as pid");
    return Number(rows[0].pid);
  } finally {
    await client.end();
  }
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
