import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { getEnvironmentData, setEnvironmentData, Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import type { Answer, Batch, Opening } from './embedded-database-worker.js';

export interface EmbeddedDatabaseOptions {
  /** Made when it is not there. Null: no files, from the `snapshot` when there is one. */
  folder: string | null;
  snapshot: Uint8Array<SharedArrayBuffer> | null;
  log: Logger;
  /**
   * For how long statements that are sent together may keep the thread from answering. Shorter than the wait for the
   * one connection (open.ts), so that nobody else fails.
   */
  statementSecondsMax: number;
}

export interface EmbeddedDatabase {
  /** For one client of pg, as its `stream`; it takes the place of the one before. */
  createStream(): Duplex;
  /** Until `work` settles, statements take as long as they need. */
  withoutTimeLimit<T>(work: () => Promise<T>): Promise<T>;
  /** Closes the files in good order after `endClients`; a statement that still runs meanwhile gets two seconds more. */
  close(endClients: () => Promise<void>): Promise<void>;
}

/** The connection broke, or could not be made. Its code is that of a socket that broke. */
class EmbeddedConnectionError extends Error {
  override readonly name = 'EmbeddedConnectionError';
  readonly code = 'ECONNRESET';
}

const statementSecondsMaxAtEnd = 2;
const closeMsMax = 10_000;

/**
 * PGlite in a thread of its own: a statement that takes long there delays no stream here, and no signal.
 *
 * WebAssembly hears nothing before it returns, so a statement cannot be cancelled. A thread whose statement takes too
 * long is ended, as is one that broke: its client gets a connection error, as from a Postgres that is restarted, and the
 * next client opens the folder anew. To the files that is a killed process, which they survive.
 *
 * Rejects with PGlite's own error when it does not open.
 */
export async function openEmbeddedDatabase(options: EmbeddedDatabaseOptions): Promise<EmbeddedDatabase> {
  const database = new ThreadedDatabase(options);
  await database.thread();
  return database;
}

/**
 * The name of PGlite's WebAssembly in what every thread of this process is given, once one of them has compiled it. The
 * process keeps it, and not this module, which the tests of one process load again and again.
 */
const compiledName = 'polylogue.pglite';

class ThreadedDatabase implements EmbeddedDatabase {
  readonly #options: EmbeddedDatabaseOptions;
  /** Open or being opened. Null: the next client opens one. */
  #thread: Promise<Worker> | null = null;
  #worker: Worker | null = null;
  /** When the thread before has ended, which may hold the files until then. */
  #ended: Promise<unknown> = Promise.resolve();
  #state: 'new' | 'open' | 'closing' | 'closed' = 'new';
  #client: ThreadStream | null = null;
  #clients = 0;
  #unanswered = 0;
  /** For how long the thread has answered nothing. */
  #seconds = 0;
  #unlimited = 0;
  readonly #clock: NodeJS.Timeout;

  constructor(options: EmbeddedDatabaseOptions) {
    this.#options = options;
    // One clock, and no timer for each statement. It counts ticks: a process that was asleep has not waited.
    this.#clock = setInterval(() => this.#tick(), 1000).unref();
  }

  thread(): Promise<Worker> {
    this.#thread ??= this.#open().catch((error) => {
      this.#thread = null;
      throw error;
    });
    return this.#thread;
  }

  async #open(): Promise<Worker> {
    const { folder, snapshot } = this.#options;
    if (this.#state === 'closed') throw new EmbeddedConnectionError('The embedded database is closed.');
    if (this.#state !== 'new' && folder === null)
      throw new EmbeddedConnectionError('The embedded database had no files, and is gone.');
    await this.#ended;
    const compiled = (getEnvironmentData(compiledName) ?? null) as unknown as WebAssembly.Module | null;
    const workerData: Opening = { folder, snapshot, module: compiled };
    const worker = new Worker(new URL('./embedded-database-worker.js', import.meta.url), {
      workerData,
      // What this process was started with, and its secrets, are nothing to the thread.
      execArgv: [],
      env: {},
    });
    try {
      setEnvironmentData(compiledName, (await moduleOf(worker)) as never);
    } catch (error) {
      this.#ended = worker.terminate();
      if (this.#state === 'new') clearInterval(this.#clock);
      throw error;
    }
    worker.on('message', (answer: Answer) => this.#receive(answer));
    worker.on('error', (error) => this.#lose(worker, error));
    worker.on('exit', () => this.#lose(worker, new Error('The thread ended.')));
    this.#worker = worker;
    if (this.#state === 'new') this.#state = 'open';
    return worker;
  }

  createStream(): Duplex {
    this.#client?.destroy(new EmbeddedConnectionError('Another client took the place of this one.'));
    this.#clients += 1;
    this.#client = new ThreadStream(this, this.#clients);
    return this.#client;
  }

  send(worker: Worker, batch: Exclude<Batch, null>): void {
    // Its thread broke off; the client is told so by the end of its stream.
    if (worker !== this.#worker) return;
    this.#unanswered += 1;
    worker.postMessage(batch, [batch.bytes.buffer]);
  }

  #receive(answer: Answer): void {
    if (answer === null || 'module' in answer) return;
    this.#unanswered -= 1;
    this.#seconds = 0;
    if (this.#client?.number === answer.client) this.#client.receive(answer.bytes);
  }

  #tick(): void {
    const max = this.#state === 'closing' ? statementSecondsMaxAtEnd : this.#options.statementSecondsMax;
    this.#seconds = this.#unanswered > 0 && this.#unlimited === 0 ? this.#seconds + 1 : 0;
    if (this.#worker && this.#seconds > max)
      this.#lose(this.#worker, new Error(`A statement took more than ${max} seconds.`));
  }

  /** Ends the thread, or finds it ended. */
  #lose(worker: Worker, reason: Error): void {
    if (worker !== this.#worker) return;
    this.#options.log.error({ err: reason }, 'the embedded database broke off; the next statement opens it anew');
    this.#forget(worker);
    this.#client?.destroy(new EmbeddedConnectionError(`The embedded database broke off. ${reason.message}`));
  }

  #forget(worker: Worker): void {
    this.#worker = null;
    this.#thread = null;
    this.#unanswered = 0;
    this.#seconds = 0;
    this.#ended = worker.terminate();
  }

  async withoutTimeLimit<T>(work: () => Promise<T>): Promise<T> {
    this.#unlimited += 1;
    try {
      return await work();
    } finally {
      this.#unlimited -= 1;
    }
  }

  async close(endClients: () => Promise<void>): Promise<void> {
    this.#state = 'closing';
    try {
      await endClients();
    } finally {
      const worker = this.#worker;
      this.#state = 'closed';
      clearInterval(this.#clock);
      if (worker) {
        const closed = await Promise.race([lastAnswerOf(worker), delay(closeMsMax, false, { ref: false })]);
        if (!closed) this.#options.log.error('the embedded database was not closed in good order');
        this.#forget(worker);
      }
      await this.#ended;
    }
  }
}

/** Resolves when the thread has opened the database. */
function moduleOf(worker: Worker): Promise<WebAssembly.Module> {
  return new Promise((resolve, reject) => {
    worker.once('message', ({ module }) => resolve(module));
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`The thread of the embedded database ended with ${code}.`)));
  });
}

/** Resolves with whether the thread said that it closed the database; false: it ended instead. */
function lastAnswerOf(worker: Worker): Promise<boolean> {
  return new Promise((resolve) => {
    worker.on('message', (answer: Answer) => {
      if (answer === null) resolve(true);
    });
    void once(worker, 'exit').then(
      () => resolve(false),
      () => resolve(false),
    );
    worker.postMessage(null satisfies Batch);
  });
}

/** Looks to pg like its socket. */
class ThreadStream extends Duplex {
  readonly #database: ThreadedDatabase;
  readonly number: number;
  #worker: Worker | null = null;
  /** Written in this turn of the event loop, and sent at its end. */
  #chunks: Uint8Array[] = [];

  constructor(database: ThreadedDatabase, number: number) {
    super();
    this.#database = database;
    this.number = number;
  }

  connect(): this {
    this.#database.thread().then(
      (worker) => {
        this.#worker = worker;
        if (!this.destroyed) this.emit('connect');
      },
      (error) => this.destroy(error),
    );
    return this;
  }

  override _read(): void {
    // It is pushed as it comes.
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: () => void): void {
    done();
    // PGlite would end with the client.
    if (isTerminate(chunk)) return;
    if (this.#chunks.push(chunk) === 1) process.nextTick(() => this.#send());
  }

  #send(): void {
    const bytes = new Uint8Array(this.#chunks.reduce((length, chunk) => length + chunk.length, 0));
    let length = 0;
    for (const chunk of this.#chunks) {
      bytes.set(chunk, length);
      length += chunk.length;
    }
    this.#chunks = [];
    if (this.#worker && !this.destroyed) this.#database.send(this.#worker, { client: this.number, bytes });
  }

  receive(bytes: Uint8Array): void {
    if (!this.writableEnded && !this.destroyed) this.push(bytes);
  }

  override _final(done: () => void): void {
    this.push(null);
    done();
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}

function isTerminate(chunk: Uint8Array): boolean {
  return chunk.length === 5 && chunk[0] === 0x58;
}
