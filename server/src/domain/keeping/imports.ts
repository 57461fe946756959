import { type ConversationReader, UnreadableExportError } from '../../ports/conversation-reader.ts';
import type { Receive, Uploader } from '../files/uploads.ts';
import { RateLimitError } from '../ground/errors.ts';
import { type ImportOptions, ImportRun, type ImportTelling } from './import-run.ts';

export type { ImportReport, ImportTelling } from './import-run.ts';

export interface ImportsOptions extends ImportOptions {
  /** Loaded with the first import. */
  openReader(): Promise<ConversationReader>;
  /** Of one file. */
  bytesMax: number;
}

/** Imports that run at once in this process: each has a process of its own that reads its file. */
const MAX = 2;
const RETRY_SECONDS = 30;

/** Takes conversations from files, one file of a member at a time. */
export class Imports {
  readonly #options: ImportsOptions;
  readonly #members = new Set<string>();
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<void>>();
  #reader: Promise<ConversationReader> | null = null;

  constructor(options: ImportsOptions) {
    this.#options = options;
  }

  get bytesMax(): number {
    return this.#options.bytesMax;
  }

  /**
   * Receives a file and takes its conversations, each whole or not at all. What of them is taken already stays as it is.
   * `telling` hears how far it is from when the file has arrived; its report is the last that it hears.
   *
   * @throws RateLimitError, and what `write` throws; rejects with the signal's reason
   */
  run(member: Uploader, write: Receive, telling: ImportTelling, signal: AbortSignal): Promise<void> {
    if (this.#members.has(member.id)) {
      throw new RateLimitError(RETRY_SECONDS, 'You are importing a file already. Wait until that is done.');
    }
    if (this.#members.size >= MAX) {
      throw new RateLimitError(RETRY_SECONDS, 'Others are importing files. Try again in a minute.', 'SERVER_BUSY');
    }
    this.#members.add(member.id);
    const either = AbortSignal.any([signal, this.#closing.signal]);
    const running = this.#run(member, write, telling, either).finally(() => {
      this.#members.delete(member.id);
      this.#running.delete(running);
    });
    this.#running.add(running);
    return running;
  }

  async #run(member: Uploader, write: Receive, telling: ImportTelling, signal: AbortSignal): Promise<void> {
    const { temporary, bytesMax } = this.#options;
    await temporary.withPath(async (path) => {
      signal.throwIfAborted();
      await write(path, { bytesMax, signal });
      const reader = await this.#openReader();
      const run = new ImportRun(this.#options, member, telling, signal);
      try {
        const file = await reader.open(path, signal);
        await run.takeAll(file).finally(() => file.close());
      } catch (error) {
        if (!(error instanceof UnreadableExportError)) throw error;
        run.end(error.message);
      }
    });
  }

  #openReader(): Promise<ConversationReader> {
    this.#reader ??= this.#options.openReader().catch((error: unknown) => {
      this.#reader = null;
      throw error;
    });
    return this.#reader;
  }

  /** Breaks imports off, and resolves when none runs. What was taken stays. */
  async close(): Promise<void> {
    this.#closing.abort(
      new RateLimitError(5, 'The server is restarting. Import the file again: it goes on from here.', 'SERVER_BUSY'),
    );
    await Promise.allSettled(this.#running);
  }
}
