import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { getEnvironmentData, setEnvironmentData, Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import type { Answer, Batch, Opening } from './embedded-database-worker.js';

export interface EmbeddedDatabaseOptions {
  /** Made if it is missing. Null: the database has no files, and begins with `snapshot` if there is one. */
  folder: string | null;
  snapshot: Uint8Array<SharedArrayBuffer> | null;
  log: Logger;
  /**
   * For how many seconds the thread may answer nothing while statements wait for it. Less than the wait for the one
   * connection (open.ts), so that nobody else fails.
   */
  statementSecondsMax: number;
}

export interface EmbeddedDatabase {
  /** Makes the `stream` of a pg client. It replaces the stream before it, which is destroyed. */
  createStream(): Duplex;
  /** Until `work` settles, the thread is not ended because a statement takes long. */
  withoutTimeLimit<T>(work: () => Promise<T>): Promise<T>;
  /** Copies the files into a new folder, as they are at one moment between two statements, which wait meanwhile. */
  copy(to: string): Promise<void>;
  /** Awaits `endClients`, during which a statement may take two seconds, and then closes the files in good order. */
  close(endClients: () => Promise<void>): Promise<void>;
}

/** The connection broke, or could not be made. Its `code` is that of a broken socket. */
class EmbeddedConnectionError extends Error {
  override readonly name = 'EmbeddedConnectionError';
  readonly code = 'ECONNRESET';
}

const statementSecondsMaxAtEnd = 2;
const closeMsMax = 10_000;

/**
 * Opens PGlite in a thread of its own, where a long statement delays none of this process's streams and signals.
 *
 * Running WebAssembly receives no messages, so a statement cannot be cancelled from outside. A thread whose statement
 * takes too long is ended. Then, or if the thread breaks by itself, the client gets a connection error, as from a
 * Postgres that is restarted, and the next client opens the folder anew. The files survive this as they survive a
 * killed process.
 *
 * Rejects with PGlite's own error if the database does not open.
 */
export async function openEmbeddedDatabase(options: EmbeddedDatabaseOptions): Promise<EmbeddedDatabase> {
  const database = new ThreadedDatabase(options);
  await database.thread();
  return database;
}

/**
 * The key of PGlite's compiled WebAssembly in Node's environment data, which every thread of this process is given. The
 * process keeps it, because the tests of one process load this module again and again.
 */
const compiledName = 'polylogue.pglite';

class ThreadedDatabase implements EmbeddedDatabase {
  readonly #options: EmbeddedDatabaseOptions;
  /** The thread that is open or being opened. Null: the next client opens one. */
  #thread: Promise<Worker> | null = null;
  #worker: Worker | null = null;
  /** Resolves when the thread before has ended. It may hold the files until then. */
  #ended: Promise<unknown> = Promise.resolve();
  #state: 'new' | 'open' | 'closing' | 'closed' = 'new';
  #client: ThreadStream | null = null;
  #clients = 0;
  #unanswered = 0;
  /** For how many seconds the thread has answered nothing while batches wait for it. */
  #seconds = 0;
  #unlimited = 0;
  readonly #clock: NodeJS.Timeout;

  constructor(options: EmbeddedDatabaseOptions) {
    this.#options = options;
    // One clock serves all statements, so that none needs a timer. It counts ticks, because a process that was asleep
    // has not waited.
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
      // The thread needs neither this process's options nor its environment, which holds secrets.
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

  send(worker: Worker, batch: { client: number; bytes: Uint8Array<ArrayBuffer> }): void {
    // The client's thread is gone. The client learns this from its stream, which is destroyed.
    if (worker !== this.#worker) return;
    this.#unanswered += 1;
    worker.postMessage(batch, [batch.bytes.buffer]);
  }

  #receive(answer: Answer): void {
    if (answer === null || 'module' in answer) return;
    this.#unanswered -= 1;
    this.#seconds = 0;
    if ('copiedTo' in answer) return;
    if (this.#client?.number === answer.client) this.#client.receive(answer.bytes);
  }

  #tick(): void {
    const max = this.#state === 'closing' ? statementSecondsMaxAtEnd : this.#options.statementSecondsMax;
    this.#seconds = this.#unanswered > 0 && this.#unlimited === 0 ? this.#seconds + 1 : 0;
    if (this.#worker && this.#seconds > max)
      this.#lose(this.#worker, new Error(`A statement took more than ${max} seconds.`));
  }

  /** Gives up a thread that takes too long or has ended, and breaks the connection of its client. */
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

  async copy(to: string): Promise<void> {
    await this.withoutTimeLimit(async () => {
      const worker = await this.thread();
      const copied = answerOf(worker, to);
      this.#unanswered += 1;
      worker.postMessage({ copyTo: to } satisfies Batch);
      await copied;
    });
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

/** Resolves with the compiled WebAssembly when the thread has opened the database. */
function moduleOf(worker: Worker): Promise<WebAssembly.Module> {
  return new Promise((resolve, reject) => {
    worker.once('message', ({ module }) => resolve(module));
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`The thread of the embedded database ended with ${code}.`)));
  });
}

/** Resolves when the thread has copied the files; rejects if it could not, or ends. */
function answerOf(worker: Worker, copyTo: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => reject(new EmbeddedConnectionError('The embedded database broke off while it was copied.'));
    worker.once('exit', end);
    worker.on('message', function receive(answer: Answer) {
      if (answer === null || !('copiedTo' in answer) || answer.copiedTo !== copyTo) return;
      worker.off('exit', end).off('message', receive);
      if (answer.error === null) resolve();
      else reject(new Error(answer.error));
    });
  });
}

/**
 * Tells the thread to close the database. Resolves with true if it confirms this, and with false if it ends without.
 */
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

/** The stream that pg uses in place of a socket. */
class ThreadStream extends Duplex {
  readonly #database: ThreadedDatabase;
  readonly number: number;
  #worker: Worker | null = null;
  /** The chunks that pg has written and `#send` has not sent yet. */
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
    // `receive` pushes the bytes when they arrive.
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: () => void): void {
    done();
    // A Terminate message would end PGlite together with the client.
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
