import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { createPgConfig } from '@electric-sql/pglite/node-postgres';
import { type Kysely, sql } from 'kysely';
import pg from 'pg';
import type { Logger } from 'pino';
import { lockDataFolder } from './data-folder-lock.ts';
import type { Database } from './database.ts';
import { createPipelinedKysely } from './pipelining.ts';
import { createPostgresListener } from './postgres-listener.ts';
import { withPrepared } from './prepared.ts';

export interface OpenDatabaseOptions {
  /** A `postgres://` URL; null: PGlite, embedded in this process. */
  databaseUrl: string | null;
  /** Where PGlite keeps its files (in `database/` below it); made when absent, readable by its owner only. */
  dataDir: string;
  log: Logger;
  /** An embedded database that is not there is DatabaseMissingError, and not made. */
  mustExist?: boolean;
  /** PGlite without files, for tests; from a `dumpDataDir` snapshot when one is given. */
  memory?: boolean | Blob;
}

export interface OpenDatabase {
  kind: 'pglite' | 'postgres';
  /**
   * int8 arrives as a number (an error when it is not a safe integer), numeric and date as strings, timestamptz as a
   * Date; sessions are in UTC. On PGlite there is one connection: `db` used inside a transaction waits for itself.
   */
  db: Kysely<Database>;
  /**
   * Resolves when notifications of the channel arrive; returns what ends it. What is called must not throw. On Postgres
   * the connection is made anew when it breaks, and what was sent meanwhile is lost: `onGap` says so.
   */
  listen(channel: string, onPayload: (payload: string) => void, onGap?: () => void): Promise<() => Promise<void>>;
  /** After what runs has ended. Do not use the database afterwards. */
  close(): Promise<void>;
}

/** Postgres did not answer within the time allowed at start. */
export class DatabaseUnavailableError extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'DatabaseUnavailableError';
  }
}

/** No server has run on this data folder. */
export class DatabaseMissingError extends Error {
  override readonly name = 'DatabaseMissingError';
}

/**
 * Opens the database; its schema is migrate()'s business. Rejects with DataFolderInUseError, DatabaseUnavailableError or
 * DatabaseMissingError.
 *
 * PGlite writes to its folder but never calls fsync: what was acknowledged survives a killed process, not always a
 * power cut. Whoever needs that sets `databaseUrl`.
 */
export function openDatabase(options: OpenDatabaseOptions): Promise<OpenDatabase> {
  if (options.databaseUrl !== null) return openPostgres(options.databaseUrl, options.log);
  return options.memory ? openInMemory(options.memory, options.log) : openFolder(options);
}

async function openInMemory(memory: boolean | Blob, log: Logger): Promise<OpenDatabase> {
  const pglite = new PGlite({ ...pgliteOptions, ...(memory instanceof Blob ? { loadDataDir: memory } : {}) });
  await pglite.waitReady;
  return wrapPGlite(pglite, log, async () => {});
}

async function openFolder({ dataDir, mustExist = false, log }: OpenDatabaseOptions): Promise<OpenDatabase> {
  const folder = join(dataDir, 'database');
  if (mustExist && !existsSync(folder)) {
    throw new DatabaseMissingError(
      `There is no database in ${dataDir}. Is DATA_DIR, or DATABASE_URL, as the server has it?`,
    );
  }
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const unlock = await lockDataFolder(dataDir, log);
  try {
    if (!existsSync(folder)) await initialise(folder, log);
    const pglite = new PGlite(folder, pgliteOptions);
    await pglite.waitReady;
    return wrapPGlite(pglite, log, unlock);
  } catch (error) {
    await unlock();
    throw error;
  }
}

/** Makes the folder whole or not at all, so that a first start that was killed leaves nothing behind that will not open. */
async function initialise(folder: string, log: Logger): Promise<void> {
  log.info({ folder }, 'making a new embedded database');
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  const pglite = new PGlite(unfinished, pgliteOptions);
  await pglite.waitReady;
  await pglite.close();
  renameSync(unfinished, folder);
}

const pgliteOptions = { startParams: [...PGlite.defaultStartParams, '-c', 'shared_buffers=16MB'] };

function wrapPGlite(pglite: PGlite, log: Logger, unlock: () => Promise<void>): OpenDatabase {
  const pool = createPool(
    // The one connection must not be given back, and waiting for it ends: `db` inside a transaction is an error, not a hang.
    { ...createPgConfig(pglite), max: 1, idleTimeoutMillis: 0, connectionTimeoutMillis: 10_000 },
    log,
  );
  // Nothing is prepared: with no autovacuum beside it, it would keep the plans of when its tables were empty.
  const db = createPipelinedKysely<Database>({ pool });
  return {
    kind: 'pglite',
    db,
    async listen(channel, onPayload) {
      const stop = pglite.onNotification((name, payload) => {
        if (name === channel) onPayload(payload);
      });
      // Through the pool, not pglite.listen(): that would slip into whatever transaction is open, and end with it.
      await sql`listen ${sql.id(channel)}`.execute(db);
      return async () => stop();
    },
    async close() {
      try {
        await db.destroy();
        await pglite.close();
      } finally {
        await unlock();
      }
    },
  };
}

async function openPostgres(databaseUrl: string, log: Logger): Promise<OpenDatabase> {
  const connection: pg.ClientConfig = {
    connectionString: databaseUrl,
    application_name: 'polylogue',
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    connectionTimeoutMillis: 10_000,
  };
  // Ten suffice for thousands of short statements a second, and leave room for many replicas below the usual hundred.
  const pool = createPool(
    { ...connection, stream: openSocket, max: 10, idleTimeoutMillis: 30_000, maxLifetimeSeconds: 3600 },
    log,
  );
  try {
    await waitForPostgres(pool, log);
  } catch (error) {
    await pool.end();
    throw error;
  }
  const listener = createPostgresListener(connection, log);
  const db = createPipelinedKysely<Database>({ pool: withPrepared(pool, isDirect) });
  return {
    kind: 'postgres',
    db,
    listen: listener.listen,
    async close() {
      await listener.close();
      await db.destroy();
    },
  };
}

/** No statement of ours takes longer, and an idle connection is closed before. */
const silenceMsMax = 60_000;

/**
 * A connection that vanished without a word (a failover, a firewall) is given up by TCP after a quarter of an hour, and
 * leases and journal would wait for it as long. By the socket, because pg's `query_timeout` makes a timer for each
 * statement: 6 % of what a prompt costs.
 */
function openSocket(): Socket {
  const socket = new Socket();
  return socket.setTimeout(silenceMsMax, () => socket.destroy(new Error('The database fell silent.')));
}

const startTimeoutMs = 30_000;

/** A database that is started beside us (docker compose) may need some seconds more. */
async function waitForPostgres(pool: pg.Pool, log: Logger): Promise<void> {
  const deadline = Date.now() + startTimeoutMs;
  for (;;) {
    try {
      await pool.query('select 1');
      return;
    } catch (error) {
      const code = (error as { code?: string }).code ?? '';
      if (!isTransient(code) || Date.now() >= deadline) {
        const reason = error instanceof Error ? error.message || code : String(error);
        throw new DatabaseUnavailableError(`Cannot connect to the database of DATABASE_URL: ${reason}`, error);
      }
      log.warn({ code }, 'waiting for Postgres');
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

/** Not there yet, starting up, shutting down, or full: what passes by itself. */
function isTransient(code: string): boolean {
  return ['ECONNREFUSED', 'ENOENT', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', '57P03', '57P01', '53300'].includes(code);
}

function createPool(config: pg.PoolConfig, log: Logger): pg.Pool {
  // Not kysely's onCreateConnection: a connection that breaks in it is never given back to the pool.
  const pool = new pg.Pool({ ...config, types: parsers, pipeline: true, onConnect: setSession });
  // The pool replaces a connection that breaks; an event without a handler would end the process. A connection that is
  // in use between two statements has no other handler than the one given here.
  pool.on('error', (error) => log.warn({ err: error }, 'an idle database connection broke'));
  pool.on('connect', (client) => client.on('error', (error) => log.debug({ err: error }, 'a connection broke')));
  return pool;
}

/** A transaction whose process went away, or sleeps, must not hold its locks for long: a member's next prompt waits. */
async function setSession(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query(
    `select set_config('TimeZone', 'UTC', false), set_config('idle_in_transaction_session_timeout', '15s', false),
      pg_backend_pid() as pid`,
  );
  backendPids.set(client, rows[0].pid);
}

const backendPids = new WeakMap<pg.ClientBase, number>();

/**
 * Whether there is a Postgres at the other end, and no pooler, which gives its clients numbers of its own: it may carry
 * out each transaction on another connection, where a prepared statement is not known.
 */
function isDirect(client: pg.PoolClient & { processID?: number | null }): boolean {
  return backendPids.get(client) === client.processID;
}

const int8Array = 1016;
const textArray = 1009;
const parsers = new pg.TypeOverrides();
const parseTexts = parsers.getTypeParser(textArray, 'text') as unknown as (value: string) => (string | null)[];
parsers.setTypeParser(pg.types.builtins.INT8, parseSafeInteger);
parsers.setTypeParser(int8Array, (value) => parseTexts(value).map((text) => text && parseSafeInteger(text)));
// As it is written: the driver's own parser makes it midnight of the machine's time zone.
parsers.setTypeParser(pg.types.builtins.DATE, (value) => value);

function parseSafeInteger(value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number))
    throw new RangeError(`The database returned ${value}, which is not a safe integer`);
  return number;
}
