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
