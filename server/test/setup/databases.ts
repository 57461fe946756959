import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { btree_gin } from '@electric-sql/pglite/contrib/btree_gin';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { createPgConfig } from '@electric-sql/pglite/node-postgres';
import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import pino from 'pino';
import type { TestProject } from 'vitest/node';
import { migrate } from '../../src/database/connection/migrate.ts';
import { openDatabase } from '../../src/database/connection/open.ts';
import type { Database } from '../../src/database/database.ts';
import { type PostgresServer, startPostgres } from './postgres-server.ts';

/** The databases that test files start from; see describe-databases.ts. */
export interface TestDatabases {
  /** A migrated and empty PGlite: a data folder to copy, and a file that dumpDataDir made. */
  pglite: { dataDir: string; snapshot: string };
  /**
   * A Postgres on which databases may be created, and the name of a migrated template. Null: this machine has no
   * Postgres.
   */
  postgres: { url: string; template: string } | null;
}

declare module 'vitest' {
  export interface ProvidedContext {
    databases: TestDatabases;
  }
}

const log = pino({ level: 'warn' }, pino.destination(2));

/** Runs once before all test files. The returned function runs after them. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await findOrStartPostgres();
  try {
    const template = server && (await makeTemplate(server.url));
    const pglite = await findOrMakePglite();
    project.provide('databases', { pglite, postgres: server && template ? { url: server.url, template } : null });
    return async () => {
      if (server && template) await dropDatabase(server.url, template);
      await server?.stop();
    };
  } catch (error) {
    await server?.stop();
    throw error;
  }
}

/** @returns null if this machine has no Postgres and need not have one */
export async function findOrStartPostgres(): Promise<PostgresServer | null> {
  const { TEST_DATABASE_URL: url, TEST_POSTGRES_BIN: bin = findPostgresBin(), REQUIRE_ALL, CI } = process.env;
  if (url) return { url, stop: async () => {} };
  if (bin) return startPostgres(bin);
  const left = 'real Postgres (no TEST_DATABASE_URL, and no initdb and postgres on the PATH or in /usr/lib/postgresql)';
  if (REQUIRE_ALL === '1' || CI === 'true')
    throw new Error(`Everything is to be tested, and this machine lacks ${left}.`);
  console.log(`  Left out: ${left}.`);
  return null;
}

export function findPostgresBin(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [...(process.env.PATH ?? '').split(':'), ...versions.map((version) => join(debian, version, 'bin'))];
  return folders.find((folder) => ['initdb', 'postgres'].every((name) => existsSync(join(folder, name))));
}

async function makeTemplate(url: string): Promise<string> {
  const template = `polylogue_template_${process.pid}`;
  await dropDatabase(url, template);
  await execute(url, `create database ${template}`);
  const database = await openDatabase({ databaseUrl: withDatabase(url, template), dataDir: '', log });
  try {
    await migrate(database.db, log);
  } finally {
    await database.close();
  }
  return template;
}

/**
 * Finds or makes the migrated PGlite. It is kept from run to run while migrations and PGlite stay the same, as making
 * it takes seconds.
 */
export async function findOrMakePglite(): Promise<TestDatabases['pglite']> {
  const cache = join(import.meta.dirname, '../../../.cache/tests');
  const dataDir = join(cache, `pglite-${hashOfSchema()}`);
  const snapshot = join(dataDir, 'snapshot.tar');
  if (existsSync(dataDir)) return { dataDir, snapshot };
  mkdirSync(cache, { recursive: true });
  removeOld(cache);
  // Another run may be making the same folder, so it appears complete or not at all.
  const unfinished = mkdtempSync(`${dataDir}.`);
  const pglite = await PGlite.create({
    dataDir: join(unfinished, 'database'),
    extensions: { btree_gin, pg_trgm },
    // The folder is copied or loaded hundreds of times, so small WAL segments save time.
    initDbStartParams: ['--wal-segsize=1'],
  });
  const pool = new pg.Pool({ ...createPgConfig(pglite), max: 1 });
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  await migrate(db, log);
  await dropTemplates(db);
  await db.destroy();
  writeFileSync(join(unfinished, 'snapshot.tar'), Buffer.from(await (await pglite.dumpDataDir('none')).arrayBuffer()));
  await pglite.close();
  try {
    renameSync(unfinished, dataDir);
  } catch {
    // Another run was quicker.
    rmSync(unfinished, { recursive: true });
  }
  return { dataDir, snapshot };
}

/** Drops the template databases: PGlite creates no databases, and they are two thirds of its files. */
async function dropTemplates(db: Kysely<Database>): Promise<void> {
  for (const name of ['template0', 'template1']) {
    await sql`update pg_database set datistemplate = false where datname = ${name}`.execute(db);
    await sql`drop database ${sql.id(name)}`.execute(db);
  }
  await sql`checkpoint`.execute(db);
}

/** Removes old folders except the youngest, which a run of another state of the checkout may be reading. */
function removeOld(folder: string): void {
  for (const path of readdirSync(folder).map((name) => join(folder, name))) {
    if (Date.now() - statSync(path).mtimeMs > 3_600_000) rmSync(path, { recursive: true, force: true });
  }
}

function hashOfSchema(): string {
  const migrations = join(import.meta.dirname, '../../src/database/migrations');
  const hash = createHash('sha256');
  for (const file of ['../../package.json', 'databases.ts']) hash.update(readFileSync(join(import.meta.dirname, file)));
  for (const name of readdirSync(migrations).sort()) hash.update(readFileSync(join(migrations, name)));
  return hash.digest('hex').slice(0, 16);
}

export function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}

export async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

export async function dropDatabase(url: string, name: string): Promise<void> {
  await execute(url, `drop database if exists ${name} with (force)`);
}
