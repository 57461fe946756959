import { rename, stat } from 'node:fs/promises';
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { Database } from '../../database/database.ts';
import { deleteUnreferredFiles, deleteUnusedContents, lockFiles } from '../../database/files/cleaning.ts';
import type { FileRow } from '../../database/files/files.ts';
import { findFileInUse } from '../../database/files/own-files.ts';
import type { Base64File } from './base64-file.ts';
import type { FileCleaner } from './cleaner.ts';
import { hashesOf } from './kept-file.ts';
import type { TemporaryFiles } from './temporary-files.ts';
import type { Uploader, Uploads } from './uploads.ts';

/** A file that a program's call brings. */
export interface BroughtFile {
  name: string;
  data: Base64File;
}

export interface CallFilesOptions {
  db: Kysely<Database>;
  uploads: Uploads;
  temporary: TemporaryFiles;
  cleaner: Pick<FileCleaner, 'wake'>;
  log: Logger;
}

export interface Keeping {
  /** Of whoever waits for the answer. */
  signal: AbortSignal;
  /** Called before each file that has to be read, which it may refuse. */
  beforeReading(): Promise<void>;
}

/** What was wrong with one of a call's files. */
export class CallFileError extends Error {
  override readonly name = 'CallFileError';
  /** The file's index. */
  readonly index: number;

  constructor(index: number, cause: unknown) {
    super('A file of a call cannot be kept.', { cause });
    this.index = index;
  }
}

/** Files that were read, and are remembered. Each takes some 300 bytes. */
const KNOWN_MAX = 5_000;

/**
 * Keeps what calls bring as files of their members. Programs send their whole conversation with each call, so a file that the
 * member has in use already is found again by its bytes, and neither read nor kept once more.
 */
export class CallFiles {
  readonly #options: CallFilesOptions;
  /** What was made of files that were read, by what was sent. The latest come last. */
  readonly #known = new Map<string, { name: string; contentHash: string }>();

  constructor(options: CallFilesOptions) {
    this.#options = options;
  }

  /**
   * Keeps the files, one after the other, and does the work with them. If either rejects, none of the files that came to be
   * is left; those that nothing refers to after the work go in a day.
   *
   * @param work is given the files in the order in which they were brought; equal ones are one file
   * @throws CallFileError whose cause `Uploads.receive` or `beforeReading` throws; the signal's reason
   */
  async keepFor<T>(
    member: Uploader,
    brought: readonly BroughtFile[],
    keeping: Keeping,
    work: (files: readonly FileRow[]) => Promise<T>,
  ): Promise<T> {
    const made: string[] = [];
    try {
      const files = await this.#keep(member, brought, { ...keeping, made });
      keeping.signal.throwIfAborted();
      return await work(files);
    } catch (error) {
      if (made.length > 0) await this.#forget(member.id, made);
      throw error;
    }
  }

  async #keep(
    member: Uploader,
    brought: readonly BroughtFile[],
    { signal, beforeReading, made }: Keeping & { made: string[] },
  ): Promise<FileRow[]> {
    return this.#options.temporary.withPath(async (path) => {
      // Whatever is to be read is written first: while it waits for its turn, nothing of it is in memory.
      const sent: Sent[] = [];
      for (const [index, file] of brought.entries()) {
        signal.throwIfAborted();
        sent.push(await whoseIndex(index, this.#take(member.id, file, `${path}-${index}`)));
      }
      const files = new Map<string, FileRow>();
      for (const [index, { key, name, path: written, file }] of sent.entries()) {
        if (files.has(key)) continue;
        if (file) {
          files.set(key, file);
          continue;
        }
        signal.throwIfAborted();
        const read = async () => {
          await beforeReading();
          return this.#options.uploads.receiveOrFind(member, (to) => move(written, to, name), signal);
        };
        const received = await whoseIndex(index, read());
        if (received.isNew) made.push(received.file.id);
        this.#remember(key, received.file);
        files.set(key, received.file);
      }
      return sent.map(({ key }) => files.get(key) as FileRow);
    });
  }

  /** Finds the file, or writes it to the path. */
  async #take(userId: string, { name, data }: BroughtFile, path: string): Promise<Sent> {
    const key = `${await data.hash()} ${name}`;
    const known = this.#known.get(key);
    const file = known && (await findFileInUse(this.#options.db, userId, known));
    if (file) {
      data.drop();
      this.#remember(key, file);
    } else await data.writeTo(path, this.#options.uploads.bytesMax);
    return { key, name, path, file };
  }

  #remember(key: string, { name, content_hash: contentHash }: FileRow): void {
    this.#known.delete(key);
    this.#known.set(key, { name, contentHash });
    const [oldest] = this.#known.keys();
    if (this.#known.size > KNOWN_MAX && oldest !== undefined) this.#known.delete(oldest);
  }

  /** Deletes files that nothing came to refer to. */
  async #forget(userId: string, ids: readonly string[]): Promise<void> {
    const { db, cleaner, log } = this.#options;
    try {
      await db.transaction().execute(async (trx) => {
        const locked = await lockFiles(trx, userId, ids);
        if (locked.length === 0) return;
        const hashes = [...new Set((await deleteUnreferredFiles(trx, locked)).flatMap(hashesOf))];
        if (hashes.length > 0) await deleteUnusedContents(trx, hashes);
      });
      cleaner.wake();
    } catch (err) {
      log.warn({ err }, 'Files of a refused call could not be deleted; they go in a day.');
    }
  }
}

async function move(from: string, to: string, name: string): Promise<{ name: string; bytes: number }> {
  await rename(from, to);
  const { size: bytes } = await stat(to);
  return { name, bytes };
}

/** A file as it was sent. */
interface Sent {
  /** The same for equal files. */
  key: string;
  name: string;
  /** Where it is, if it has to be read. */
  path: string;
  /** Undefined: it has to be read. */
  file: FileRow | undefined;
}

/** @throws CallFileError */
async function whoseIndex<T>(index: number, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new CallFileError(index, error);
  }
}
