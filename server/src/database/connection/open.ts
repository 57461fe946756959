import { existsSync, mkdirSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { type Kysely, sql } from 'kysely';
import pg from 'pg';
import type { Logger } from 'pino';
import type { Database } from '../database.ts';
import { lockDataFolder } from './data-folder-lock.ts';
import { type EmbeddedDatabase, openEmbeddedDatabase } from './embedded-database.ts';
import { createPipelinedKysely } from './pipelining.ts';
import { createPostgresListener } from './postgres-listener.ts';
import { withPrepared } from './prepared.ts';

export interface OpenDatabaseOptions {
  /** A `postgres://` URL; null: PGlite, embedded in this process, in a thread of its own. */
  databaseUrl: string | null;
  /** Where PGlite keeps its files (in `database/` below it); made when absent, readable by its owner only. */
  dataDir: string;
  log: Logger;
  /** An embedded database that is not there is DatabaseMissingError, and not made. */
  mustExist?: boolean;
  /** PGlite without files, for tests; from a `dumpDataDir` snapshot when one is given. */
  memory?: boolean | Uint8Array<SharedArrayBuffer>;
  /**
   * How long a statement may take on PGlite before its thread is ended, when it does not hear that its time is over;
   * default: 8 seconds. No setting, but tests have less time.
   */
  statementSecondsMax?: number;
}

export interface OpenDatabase {
  kind: 'pglite' | 'postgres';
  /**
   * int8 arrives as a number (an error when it is not a safe integer), numeric and date as strings, timestamptz as a
   * Date; sessions are in UTC. On PGlite there is one connection: `db` used inside a transaction waits for itself.
   * A statement that takes too long is cancelled (code 57014).
   */
  db: Kysely<Database>;
  /**
   * Resolves when notifications of the channel arrive; returns what ends it. What is called must not throw. On Postgres
   * the connection is made anew when it breaks, and what was sent meanwhile is lost: `onGap` says so.
   */
  listen(channel: string, onPayload: (payload: string) => void, onGap?: () => void): Promise<() => Promise<void>>;
  /**
   * Until `work` settles, no connection is given up because a statement takes long: for migrations, which lift
   * `statement_timeout` for themselves.
   */
  withoutTimeLimit<T>(work: () => Promise<T>): Promise<T>;
  /** After what runs has ended, for which the embedded database has two seconds. Do not use it afterwards. */
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
  return options.memory ? openInMemory(options) : openFolder(options);
}

async function openInMemory({ memory, log, statementSecondsMax = 8 }: OpenDatabaseOptions): Promise<OpenDatabase> {
  const snapshot = memory instanceof Uint8Array ? memory : null;
  const embedded = await openEmbeddedDatabase({ folder: null, snapshot, log, statementSecondsMax });
  return wrapEmbedded(embedded, log, async () => {});
}

async function openFolder(options: OpenDatabaseOptions): Promise<OpenDatabase> {
  const { dataDir, mustExist = false, log, statementSecondsMax = 8 } = options;
  const folder = join(dataDir, 'database');
  if (mustExist && !existsSync(folder)) {
    throw new DatabaseMissingError(
      `There is no database in ${dataDir}. Is DATA_DIR, or DATABASE_URL, as the server has it?`,
    );
  }
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const unlock = await lockDataFolder(dataDir, log);
  try {
    if (!existsSync(folder)) log.info({ folder }, 'making a new embedded database');
    return wrapEmbedded(await openEmbeddedDatabase({ folder, snapshot: null, log, statementSecondsMax }), log, unlock);
  } catch (error) {
    await unlock();
    throw error;
  }
}

function wrapEmbedded(embedded: EmbeddedDatabase, log: Logger, unlock: () => Promise<void>): OpenDatabase {
  const channels = createChannels();
  const pool = createPool(
    {
      stream: () => embedded.createStream(),
      // The thread asks nobody who they are.
      user: 'postgres',
      database: 'postgres',
      ssl: false,
      // The one connection must not be given back, and waiting for it ends: `db` inside a transaction is an error, not a hang.
      max: 1,
      idleTimeoutMillis: 0,
      connectionTimeoutMillis: 10_000,
      onConnect: async (client) => {
        await setSession(client, statementTimeouts.pglite);
        await channels.resume(client);
      },
    },
    log,
  );
  // Nothing is prepared: with no autovacuum beside it, it would keep the plans of when its tables were empty.
  const db = createPipelinedKysely<Database>({ pool });
  return {
    kind: 'pglite',
    db,
    async listen(channel, onPayload, onGap) {
      const stop = channels.add(channel, { onPayload, onGap });
      // In the session of `db`, where notifications arrive with the answers of statements.
      await sql`listen ${sql.id(channel)}`.execute(db);
      return async () => stop();
    },
    withoutTimeLimit: embedded.withoutTimeLimit.bind(embedded),
    async close() {
      try {
        await embedded.close(() => db.destroy());
      } finally {
        await unlock();
      }
    },
  };
}

interface Listener {
  onPayload(payload: string): void;
  onGap: (() => void) | undefined;
}

/** Who listens to which channel, over all clients there are one after the other. */
function createChannels() {
  const channels = new Map<string, Set<Listener>>();
  return {
    add(channel: string, listener: Listener): () => void {
      const listeners = channels.get(channel) ?? new Set();
      channels.set(channel, listeners.add(listener));
      return () => listeners.delete(listener);
    },
    /** A new client listens to what the one before did. */
    async resume(client: pg.ClientBase): Promise<void> {
      client.on('notification', ({ channel, payload }) => {
        for (const listener of channels.get(channel) ?? []) listener.onPayload(payload ?? '');
      });
      for (const channel of channels.keys()) await client.query(`listen ${pg.escapeIdentifier(channel)}`);
      for (const listener of [...channels.values()].flatMap((listeners) => [...listeners])) listener.onGap?.();
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
  let unlimited = 0;
  // Ten suffice for thousands of short statements a second, and leave room for many replicas below the usual hundred.
  const pool = createPool(
    {
      ...connection,
      stream: () => openSocket(() => unlimited > 0),
      max: 10,
      idleTimeoutMillis: 30_000,
      maxLifetimeSeconds: 3600,
      onConnect: (client) => setSession(client, statementTimeouts.postgres),
    },
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
    async withoutTimeLimit(work) {
      unlimited += 1;
      try {
        return await work();
      } finally {
        unlimited -= 1;
      }
    },
    async close() {
      await listener.close();
      await db.destroy();
    },
  };
}

/** What a member waits for takes milliseconds. On PGlite everybody waits for it, and eight seconds end its thread. */
const statementTimeouts = { pglite: '5s', postgres: '30s' };

/** No statement of ours takes longer, and an idle connection is closed before. */
const silenceMsMax = 60_000;

/**
 * A connection that vanished without a word (a failover, a firewall) is given up by TCP after a quarter of an hour, and
 * leases and journal would wait for it as long. By the socket, because pg's `query_timeout` makes a timer for each
 * statement: 6 % of what a prompt costs.
 */
function openSocket(maySleep: () => boolean): Socket {
  const socket = new Socket();
  socket.on('timeout', () => {
    if (!maySleep()) socket.destroy(new Error('The database fell silent.'));
  });
  return socket.setTimeout(silenceMsMax);
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
      if (!isTransientCode(code) || Date.now() >= deadline) {
        const reason = error instanceof Error ? error.message || code : String(error);
        throw new DatabaseUnavailableError(`Cannot connect to the database of DATABASE_URL: ${reason}`, error);
      }
      log.warn({ code }, 'waiting for Postgres');
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

/** Not there yet, starting up, shutting down, or full: what passes by itself. */
function isTransientCode(code: string): boolean {
  return ['ECONNREFUSED', 'ENOENT', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', '57P03', '57P01', '53300'].includes(code);
}

function createPool(config: pg.PoolConfig, log: Logger): pg.Pool {
  // Not kysely's onCreateConnection: a connection that breaks in it is never given back to the pool.
  const pool = new pg.Pool({ ...config, types: parsers, pipeline: true });
  // The pool replaces a connection that breaks; an event without a handler would end the process. A connection that is
  // in use between two statements has no other handler than the one given here.
  pool.on('error', (error) => log.warn({ err: error }, 'an idle database connection broke'));
  pool.on('connect', (client) => client.on('error', (error) => log.debug({ err: error }, 'a connection broke')));
  return pool;
}

/** A transaction whose process went away, or sleeps, must not hold its locks for long: a member's next prompt waits. */
async function setSession(client: pg.ClientBase, statementTimeout: string): Promise<void> {
  const { rows } = await client.query(
    `select set_config('TimeZone', 'UTC', false), set_config('idle_in_transaction_session_timeout', '15s', false),
      set_config('statement_timeout', $1, false), pg_backend_pid() as pid`,
    [statementTimeout],
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
