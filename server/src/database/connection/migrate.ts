import { type Kysely, sql, type Transaction } from 'kysely';
import type { Logger } from 'pino';
import type { Database } from '../database.ts';
import { migrations } from '../migrations/index.ts';
import { limitStatements } from './statement-time.ts';

/** The database was migrated by a newer release; this one would misread it. */
export class SchemaTooNewError extends Error {
  readonly unknown: readonly string[];

  constructor(unknown: readonly string[]) {
    super(
      `The database was made by a newer release (it has the migrations ${unknown.join(', ')}, unknown to this one). Start that release, or restore a backup.`,
    );
    this.name = 'SchemaTooNewError';
    this.unknown = unknown;
  }
}

/** The role may not make or change tables. From Postgres 15 on, a role needs a grant to make tables in `public`. */
export class MissingRightsError extends Error {
  constructor({ role, schema, database }: { role: string; schema: string; database: string }, cause: unknown) {
    super(
      `The role "${role}" of DATABASE_URL may not create tables in the schema "${schema}" of the database "${database}", or change those that are there. Make it the owner of the database (alter database ${quoted(database)} owner to ${quoted(role)}), or let an administrator run in it: grant create, usage on schema ${quoted(schema)} to ${quoted(role)}. (Postgres: ${(cause as Error).message})`,
      { cause },
    );
    this.name = 'MissingRightsError';
  }
}

function quoted(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/**
 * Brings the schema up to this release, all or nothing. Any number of processes may start at once: one migrates, and
 * the others wait for it.
 *
 * Kysely's Migrator is not used, though its table is kept: its lock belongs to a session. Behind a pooler in
 * transaction mode such a lock stays with a connection of the pooler, and the next start waits for it in vain. This
 * function's lock belongs to the transaction.
 *
 * @throws SchemaTooNewError
 * @throws MissingRightsError
 */
export async function migrate(db: Kysely<Database>, log: Logger): Promise<void> {
  const migration = db.transaction().execute(async (trx) => {
    await lockSchema(trx);
    return applyMigrations(trx, migrationNames());
  });
  const applied = await migration.catch(async (error: unknown) => {
    throw await inPlainWords(db, error);
  });
  if (applied.length > 0) log.info({ migrations: applied }, 'migrated the database');
}

/** The names of this release's migrations, in their order. */
export function migrationNames(): string[] {
  return Object.keys(migrations).sort();
}

/** Waits for other processes that migrate, and keeps them waiting until the transaction ends. */
export async function lockSchema(trx: Transaction<Database>): Promise<void> {
  // Waiting for another process's migration, or indexing a million answers, takes long.
  await limitStatements(trx, 0);
  await sql`select pg_advisory_xact_lock(hashtext('polylogue.migrate'))`.execute(trx);
}

/** The names of the migrations that the database has had; empty if it has none of our tables. */
export async function findMigrations(trx: Kysely<Database>): Promise<string[]> {
  const { rows: found } = await sql<{ isThere: boolean }>`
    select to_regclass('kysely_migration') is not null as "isThere"`.execute(trx);
  if (!found[0]?.isThere) return [];
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(trx);
  return rows.map(({ name }) => name);
}

/**
 * Applies those of the named migrations that the database has not had yet; returns their names.
 *
 * @throws SchemaTooNewError
 */
export async function applyMigrations(trx: Transaction<Database>, names: readonly string[]): Promise<string[]> {
  await sql`create table if not exists kysely_migration (name text primary key, timestamp text not null)`.execute(trx);
  const done = new Set(await findMigrations(trx));
  const known = migrationNames();
  const unknown = [...done].filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new SchemaTooNewError(unknown);

  const pending = names.filter((name) => !done.has(name));
  for (const name of pending) {
    await migrations[name]?.up(trx);
    await sql`insert into kysely_migration values (${name}, ${new Date().toISOString()})`.execute(trx);
  }
  return pending;
}

/** Turns an error about missing rights into a MissingRightsError, which names them. Returns any other error as it is. */
export async function inPlainWords(db: Kysely<Database>, error: unknown): Promise<unknown> {
  const { code } = error as { code?: unknown };
  // 42501 is insufficient privilege. 3F000 is a missing schema: Postgres considers only schemas that the role may use.
  if (code !== '42501' && code !== '3F000') return error;
  const place = sql<{ role: string; schema: string; database: string }>`
    select current_user as role, coalesce(current_schema(), 'public') as schema, current_database() as database`;
  const [names] = await place.execute(db).then(
    ({ rows }) => rows,
    () => [],
  );
  return names ? new MissingRightsError(names, error) : error;
}
