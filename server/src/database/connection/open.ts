import { existsSync, mkdirSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { type Kysely, sql } from 'kysely';
import pg from 'pg';
import type { Logger } from 'pino';
import type { Database } from '../database.ts';
import { lockDataFolder } from './data-folder-lock.ts';
import { type EmbeddedDatabase, openEmbeddedDatabase } from './embedded-database.ts';
import { offerCopies } from './folder-copies.ts';
import { createPipelinedKysely } from './pipelining.ts';
import { createPostgresListener } from './postgres-listener.ts';
import { withPrepared } from './prepared.ts';

export interface OpenDatabaseOptions {
  /** A `postgres://` URL. Null: PGlite, embedded in a thread of this process. */
  databaseUrl: string | null;
  /**
   * PGlite keeps its files in `database/` below this folder, which is made, readable by its owner only, if it is
   * missing.
   */
  dataDir: string;
  log: Logger;
  /** If true, a missing embedded database is a DatabaseMissingError, and is not made. */
  mustExist?: boolean;
  /** How long Postgres may take to answer at first, in ms; default: 30,000. */
  patienceMs?: number | undefined;
  /** Opens PGlite without files, for tests. A `dumpDataDir` snapshot, if given, is where it begins. */
  memory?: boolean | Uint8Array<SharedArrayBuffer>;
  /**
   * How many seconds a statement on PGlite may take before its thread is ended, if `statement_timeout` has not ended
   * the statement; default: 8. This is no setting, but tests make it shorter.
   */
  statementSecondsMax?: number;
}

export interface OpenDatabase {
  kind: 'pglite' | 'postgres';
  /**
   * int8 is read as a number (an error if it is not a safe integer), numeric and date as strings, timestamptz as a
   * Date. Sessions are in UTC. PGlite has one connection: a statement of `db` inside a transaction waits for the
   * transaction, and fails after ten seconds. A statement that takes too long is cancelled (code 57014).
   */
  db: Kysely<Database>;
  /**
   * Resolves when notifications of the channel arrive, with a function that stops listening. The callbacks must not
   * throw. A connection that breaks is replaced, and `onGap` is called, because the notifications sent meanwhile are
   * lost.
   */
  listen(channel: string, onPayload: (payload: string) => void, onGap?: () => void): Promise<() => Promise<void>>;
  /**
   * Until `work` settles, no connection is given up because a statement takes long. This is for migrations, which lift
   * `statement_timeout` themselves.
   */
  withoutTimeLimit<T>(work: () => Promise<T>): Promise<T>;
  /**
   * Closes the database after running statements have ended; on PGlite they have two seconds. Do not use the database
   * afterwards.
   */
  close(): Promise<void>;
}

/** Postgres did not answer within the time allowed at start. */
export class DatabaseUnavailableError extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'DatabaseUnavailableError';
  }
}

/** The data folder has no database: no server has run on it. */
export class DatabaseMissingError extends Error {
  override readonly name = 'DatabaseMissingError';
}

/**
 * Opens the database, and leaves its schema to `migrate`. Rejects with DataFolderInUseError, DatabaseUnavailableError
 * or DatabaseMissingError.
 *
 * PGlite never calls fsync: acknowledged writes survive a killed process, but not always a power cut. An operator who
 * needs more sets `databaseUrl`.
 */
export function openDatabase(options: OpenDatabaseOptions): Promise<OpenDatabase> {
  if (options.databaseUrl !== null) return openPostgres(options.databaseUrl, options);
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
    const embedded = await openEmbeddedDatabase({ folder, snapshot: null, log, statementSecondsMax });
    const endCopies = await offerCopies(dataDir, (to) => embedded.copy(to), log);
    return wrapEmbedded(embedded, log, () => endCopies().finally(unlock));
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
      // PGlite authenticates nobody.
      user: 'postgres',
      database: 'postgres',
      ssl: false,
      // PGlite has one connection, which is never closed for being idle. The wait for it ends after ten seconds, so
      // that using `db` inside a transaction is an error and not a hang.
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
  // Statements are not prepared on PGlite: it has no autovacuum, and would keep the plans from when its tables were
  // empty.
  const db = createPipelinedKysely<Database>({ pool });
  return {
    kind: 'pglite',
    db,
    async listen(channel, onPayload, onGap) {
      const stop = channels.add(channel, { onPayload, onGap });
      // The session of `db` listens, and its notifications arrive with the answers of statements.
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

/** The listeners of each channel. They outlive PGlite's clients, of which each replaces the one before. */
function createChannels() {
  const channels = new Map<string, Set<Listener>>();
  return {
    add(channel: string, listener: Listener): () => void {
      const listeners = channels.get(channel) ?? new Set();
      channels.set(channel, listeners.add(listener));
      return () => listeners.delete(listener);
    },
    /** Makes a new client listen to the channels of the client before it, and reports the gap between the two. */
    async resume(client: pg.ClientBase): Promise<void> {
      client.on('notification', ({ channel, payload }) => {
        for (const listener of channels.get(channel) ?? []) listener.onPayload(payload ?? '');
      });
      for (const channel of channels.keys()) await client.query(`listen ${pg.escapeIdentifier(channel)}`);
      for (const listener of [...channels.values()].flatMap((listeners) => [...listeners])) listener.onGap?.();
    },
  };
}

async function openPostgres(
  databaseUrl: string,
  { log, patienceMs = startTimeoutMs }: Pick<OpenDatabaseOptions, 'log' | 'patienceMs'>,
): Promise<OpenDatabase> {
  const connection: pg.ClientConfig = {
    connectionString: databaseUrl,
    application_name: 'polylogue',
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    connectionTimeoutMillis: 10_000,
  };
  let unlimited = 0;
  // Ten connections are enough for thousands of short statements a second, and leave room for many replicas below the
  // usual limit of a hundred.
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
    await waitForPostgres(pool, { log, patienceMs });
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

/**
 * The statements that a member waits for take milliseconds. On PGlite a long statement holds up everybody, and ends
 * PGlite's thread after eight seconds.
 */
const statementTimeouts = { pglite: '5s', postgres: '30s' };

/** Statements end earlier than this (`statementTimeouts`), and the pool closes idle connections earlier. */
const silenceMsMax = 60_000;

/**
 * Makes a socket that breaks after a minute of silence. TCP gives up a connection that vanished without a word (a
 * failover, a firewall) after a quarter of an hour, and the leases and the journal would wait as long. The socket has
 * the time-out, because pg's `query_timeout` makes a timer for each statement: 6 % of what a prompt costs.
 *
 * @param maySleep whether silence is allowed at the moment
 */
function openSocket(maySleep: () => boolean): Socket {
  const socket = new Socket();
  socket.on('timeout', () => {
    if (!maySleep()) socket.destroy(new Error('The database fell silent.'));
  });
  return socket.setTimeout(silenceMsMax);
}

const startTimeoutMs = 30_000;

/**
 * Waits until Postgres answers: if it is started together with the server (docker compose), it may need a few seconds
 * more.
 */
async function waitForPostgres(pool: pg.Pool, { log, patienceMs }: { log: Logger; patienceMs: number }): Promise<void> {
  const deadline = Date.now() + patienceMs;
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

/** Whether the failure may pass by itself: Postgres is not there yet, starting up, shutting down, or full. */
function isTransientCode(code: string): boolean {
  return ['ECONNREFUSED', 'ENOENT', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', '57P03', '57P01', '53300'].includes(code);
}

function createPool(config: pg.PoolConfig, log: Logger): pg.Pool {
  // Connections are set up by pg's `onConnect`: one that breaks in Kysely's `onCreateConnection` is never given back to
  // the pool.
  const pool = new pg.Pool({ ...config, types: parsers, pipeline: true });
  // The pool replaces a connection that breaks, but an error event without a handler would end the process. A
  // connection that is in use between two statements has no handler but the second one.
  pool.on('error', (error) => log.warn({ err: error }, 'an idle database connection broke'));
  pool.on('connect', (client) => client.on('error', (error) => log.debug({ err: error }, 'a connection broke')));
  return pool;
}

/**
 * Sets the session's time zone and time limits. A transaction whose process is gone or asleep must not hold its locks
 * for long, because a member's next prompt waits for them.
 */
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
 * Whether the connection leads to Postgres itself. A pooler gives its clients process ids of its own. It may execute
 * each transaction on another connection, which does not know the prepared statements.
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
// A date stays as Postgres writes it: the driver's own parser makes it midnight in the machine's time zone.
parsers.setTypeParser(pg.types.builtins.DATE, (value) => value);

function parseSafeInteger(value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number))
    throw new RangeError(`The database returned ${value}, which is not a safe integer`);
  return number;
}
