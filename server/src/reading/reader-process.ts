import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { FileRefusedError, type PageSource, type ReadFile, type ReadPage } from '../ports/file-reader.ts';
import { PAGE_MS_MAX, READING_MS_MAX } from './limits.ts';
import type { ReadReply, ReadRequest } from './messages.ts';

/** Milliseconds that a process, which ends itself in time, is given beyond that. */
const GRACE_MS = 10_000;
/** MB of JavaScript's own memory. */
const HEAP_MB = 512;

/** A process of reading-process.ts, as the server sees it. */
export class ReaderProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #isEnded = false;
  /** Bytes after the last file. */
  memoryBytes = 0;

  /** @param program reading-process.ts, as source or as it was built */
  constructor(program: URL) {
    this.#child = start(program);
    this.#child.unref();
    this.#child.channel?.unref();
    this.#ended = once(this.#child, 'close').catch(() => undefined);
    void this.#ended.then(() => {
      this.#isEnded = true;
    });
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /**
   * Has a file read. One file or page at a time.
   *
   * @throws FileRefusedError; a process that ended over a file refuses it
   */
  async read(path: string, name: string): Promise<ReadFile> {
    const reply = await this.#answered({ path, name }, READING_MS_MAX);
    if (reply.type !== 'read') throw new Error(`Reading a file: ${reply.type} is no answer.`);
    return reply.file;
  }

  /** Has a page read, as `read` has files. */
  async readPage(path: string, page: PageSource): Promise<ReadPage> {
    const reply = await this.#answered({ path, page }, PAGE_MS_MAX);
    if (reply.type !== 'readPage') throw new Error(`Reading a page: ${reply.type} is no answer.`);
    return reply.page;
  }

  async #answered(request: ReadRequest, msMax: number): Promise<Extract<ReadReply, { memoryBytes: number }>> {
    const startedAt = performance.now();
    const late = setTimeout(() => this.#child.kill('SIGKILL'), msMax + GRACE_MS);
    try {
      const reply = await this.#ask(request);
      if (reply === null) throw this.#ending(performance.now() - startedAt >= msMax);
      if (reply.type === 'refused') throw new FileRefusedError(reply.code, reply.message);
      if (reply.type === 'failed') throw new Error(`Reading a file failed: ${reply.message}`);
      this.memoryBytes = reply.memoryBytes;
      return reply;
    } finally {
      clearTimeout(late);
    }
  }

  /** Null if the process ends first. */
  #ask(request: ReadRequest): Promise<Exclude<ReadReply, { type: 'ready' }> | null> {
    return new Promise((resolve) => {
      const take = (reply: ReadReply) => {
        if (reply.type === 'ready') return;
        this.#child.off('message', take);
        resolve(reply);
      };
      this.#child.on('message', take);
      void this.#ended.then(() => resolve(null));
      // What cannot be sent any more is answered by the end.
      this.#child.send(request, () => undefined);
    });
  }

  #ending(isLate: boolean): FileRefusedError {
    if (isLate) return new FileRefusedError('TIMED_OUT', 'Reading this file takes too long.');
    const { signalCode } = this.#child;
    // The watch kills at the limit; V8 aborts when its own memory is full.
    if (signalCode === 'SIGKILL' || signalCode === 'SIGABRT' || signalCode === 'SIGTRAP') {
      return new FileRefusedError('TOO_LARGE', 'Reading this file takes too much memory.');
    }
    return new FileRefusedError('BROKEN', 'This file is broken: reading it ended the program that reads.');
  }

  /** Ends the process, whatever it does. */
  async end(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}

function start(program: URL): ChildProcess {
  // As source, the program is compiled while it is loaded.
  const isSource = program.pathname.endsWith('.ts');
  const child = fork(program, [], {
    cwd: fileURLToPath(new URL('.', program)),
    env: {} as NodeJS.ProcessEnv,
    execArgv: [
      `--max-old-space-size=${HEAP_MB}`,
      '--disallow-code-generation-from-strings',
      ...(isSource ? ['--import', 'tsx'] : []),
    ],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  // A process that could not be started has no number, and ends with an error.
  child.on('error', () => undefined);
  try {
    // Before the process has started its threads, which inherit this.
    if (child.pid !== undefined) setPriority(child.pid, 19);
  } catch {
    // Not every system allows that.
  }
  return child;
}
