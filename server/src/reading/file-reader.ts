import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { RateLimitError } from '../domain/ground/errors.ts';
import type { FileReader, PageSource, ReadFile, ReadPage } from '../ports/file-reader.ts';
import { ReaderProcess } from './reader-process.ts';

/** Files that wait for their turn, of those that go first and of the others. Each has its request or its answer open. */
const WAITING_MAX = 200;
/** How long an idle process is kept before it ends and gives its memory back. */
const IDLE_MS = 15_000;
/** Bytes of memory from which on a process is replaced after its file. */
const PLUMP_BYTES = 400 * 1024 * 1024;

/**
 * Reads files in processes of their own, which are started when they are needed. A process that runs away over a file is
 * killed; the next file has a new one.
 *
 * @param program what they run; only tests name another than the one beside this file
 */
export function createFileReader({ program = beside }: { program?: URL } = {}): FileReader {
  return new ProcessFileReader(program, availableParallelism() > 2 ? 2 : 1);
}

/** The program that reads, where this file is: as source or in the bundle. */
const beside = new URL(`./reading-process.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);

interface Waiting {
  go(): void;
  end(reason: unknown): void;
}

class ProcessFileReader implements FileReader {
  readonly #program: URL;
  readonly #processesMax: number;
  readonly #idle: ReaderProcess[] = [];
  readonly #busy = new Set<ReaderProcess>();
  /** Those who wait for a process, in their order. */
  readonly #first = new Set<Waiting>();
  readonly #others = new Set<Waiting>();
  #rest: NodeJS.Timeout | null = null;
  #taken = 0;
  #isClosed = false;

  constructor(program: URL, processesMax: number) {
    this.#program = program;
    this.#processesMax = processesMax;
  }

  read(path: string, name: string, signal: AbortSignal, isFirst = false): Promise<ReadFile> {
    return this.#inTurn(path, { signal, isFirst }, (process) => process.read(path, name));
  }

  readPage(path: string, page: PageSource, signal: AbortSignal): Promise<ReadPage> {
    return this.#inTurn(path, { signal, isFirst: false }, (process) => process.readPage(path, page));
  }

  async #inTurn<T>(
    path: string,
    { signal, isFirst }: { signal: AbortSignal; isFirst: boolean },
    read: (process: ReaderProcess) => Promise<T>,
  ): Promise<T> {
    await this.#turn(isFirst ? this.#first : this.#others, signal);
    try {
      const found = await this.#readNow(read, signal);
      signal.throwIfAborted();
      return found;
    } catch (error) {
      await removeBeside(path);
      throw error;
    } finally {
      this.#leave();
    }
  }

  /** Resolves when a process is free for the caller. */
  #turn(queue: Set<Waiting>, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#isClosed) throw closed();
    if (this.#taken < this.#processesMax) {
      this.#taken += 1;
      return Promise.resolve();
    }
    if (queue.size >= WAITING_MAX) {
      throw new RateLimitError(
        10,
        'Too many files are being read at the moment. Try again in a few seconds.',
        'SERVER_BUSY',
      );
    }
    return new Promise((resolve, reject) => {
      const settle = (then: () => void) => {
        queue.delete(place);
        signal.removeEventListener('abort', giveUp);
        then();
      };
      const place = { go: () => settle(resolve), end: (reason: unknown) => settle(() => reject(reason)) };
      const giveUp = () => place.end(signal.reason);
      queue.add(place);
      signal.addEventListener('abort', giveUp);
    });
  }

  /** Hands the caller's turn to the next. */
  #leave(): void {
    const [next] = this.#first.size > 0 ? this.#first : this.#others;
    if (next) next.go();
    else this.#taken -= 1;
  }

  async #readNow<T>(read: (process: ReaderProcess) => Promise<T>, signal: AbortSignal): Promise<T> {
    const process = this.#takeProcess();
    const giveUp = () => void process.end();
    signal.addEventListener('abort', giveUp);
    try {
      return await read(process);
    } catch (error) {
      signal.throwIfAborted();
      if (this.#isClosed) throw closed();
      throw error;
    } finally {
      signal.removeEventListener('abort', giveUp);
      this.#busy.delete(process);
      this.#giveBack(process);
    }
  }

  #takeProcess(): ReaderProcess {
    if (this.#rest) clearTimeout(this.#rest);
    this.#rest = null;
    let process = this.#idle.pop();
    while (process?.isEnded) process = this.#idle.pop();
    process ??= new ReaderProcess(this.#program);
    this.#busy.add(process);
    return process;
  }

  #giveBack(process: ReaderProcess): void {
    if (this.#isClosed || process.isEnded || process.memoryBytes > PLUMP_BYTES) {
      void process.end();
      return;
    }
    this.#idle.push(process);
    this.#rest ??= setTimeout(() => {
      this.#rest = null;
      for (const idle of this.#idle.splice(0)) void idle.end();
    }, IDLE_MS).unref();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#rest) clearTimeout(this.#rest);
    for (const place of [...this.#first, ...this.#others]) place.end(closed());
    await Promise.all([...this.#idle.splice(0), ...this.#busy].map((process) => process.end()));
  }
}

function closed(): Error {
  return new Error('The server is closing: no more files are read.');
}

/** Removes what a process may have written before it ended. */
async function removeBeside(path: string): Promise<void> {
  await Promise.all(
    ['content', 'content.part', 'text', 'thumbnail'].map((ending) => rm(`${path}.${ending}`, { force: true })),
  );
}
