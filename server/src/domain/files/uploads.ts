import type { Kysely } from 'kysely';
import type { Database } from '../../database/database.ts';
import { type FileRow, sumFileBytes } from '../../database/files/files.ts';
import { findFileInUse } from '../../database/files/own-files.ts';
import { lockUser } from '../../database/users.ts';
import type { FileReader } from '../../ports/file-reader.ts';
import { tierOf } from '../catalogue/catalogue.ts';
import type { CurrentOffer } from '../catalogue/offer.ts';
import { FileQuotaError, NotFoundError, RateLimitError } from '../ground/errors.ts';
import type { TierId } from '../ground/tiers.ts';
import type { FileCleaner } from './cleaner.ts';
import type { FileContents } from './contents.ts';
import { hashesOf, insertPrepared, keepPrepared, type PreparedFile, prepareFile, roomBytesOf } from './kept-file.ts';
import type { TemporaryFiles } from './temporary-files.ts';
import { type UploadPlace, UploadRoom } from './upload-room.ts';

export interface UploadsOptions {
  db: Kysely<Database>;
  offer: CurrentOffer;
  contents: FileContents;
  cleaner: Pick<FileCleaner, 'forget'>;
  temporary: TemporaryFiles;
  /** Loaded with the first upload. */
  openReader(): Promise<FileReader>;
  /** Of one file, as it is sent. */
  bytesMax: number;
}

/** Writes what is sent to the path, no more than `bytesMax`, and resolves with its sender's name for it when all is there. */
export type Receive = (
  path: string,
  limits: { bytesMax: number; signal: AbortSignal },
) => Promise<{ name: string; bytes: number }>;

interface Receiving extends Pick<UploadPlace, 'reading'> {
  write: Receive;
  /** Whether a file of the member that is in use stands for an equal one. */
  reuses: boolean;
  signal: AbortSignal;
}

/** A file of the member's, and whether it came to be by this upload. */
export interface Received {
  file: FileRow;
  isNew: boolean;
}

/** Who uploads. */
export interface Uploader {
  id: string;
  tier: TierId;
}

/** Another upload of the same content may end while this one goes on, and take it along; once more is nearly always enough. */
const TRIES = 5;

/** Receives files, has them read, and keeps them as their members'. */
export class Uploads {
  readonly #options: UploadsOptions;
  readonly #room = new UploadRoom();
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<unknown>>();
  #reader: Promise<FileReader> | null = null;

  constructor(options: UploadsOptions) {
    this.#options = options;
  }

  get bytesMax(): number {
    return this.#options.bytesMax;
  }

  /**
   * Receives a file and keeps it. If this rejects, nothing of the file is left.
   *
   * @throws FileRefusedError, FileQuotaError, RateLimitError, FileStoreError; rejects with the signal's reason
   */
  async receive(member: Uploader, write: Receive, signal: AbortSignal): Promise<FileRow> {
    const { file } = await this.#begin(member, { write, reuses: false, signal });
    return file;
  }

  /** `receive`, but a file of the member that is in use and has the same name and content stands for the new one. */
  receiveOrFind(member: Uploader, write: Receive, signal: AbortSignal): Promise<Received> {
    return this.#begin(member, { write, reuses: true, signal });
  }

  #begin(member: Uploader, { signal, ...upload }: Omit<Receiving, 'reading'>): Promise<Received> {
    const { reading, leave } = this.#room.take(member.id);
    const either = AbortSignal.any([signal, this.#closing.signal]);
    const receiving = this.#receive(member, { ...upload, reading, signal: either }).finally(() => {
      leave();
      this.#running.delete(receiving);
    });
    this.#running.add(receiving);
    return receiving;
  }

  async #receive(member: Uploader, { write, reuses, reading, signal }: Receiving): Promise<Received> {
    const { db, temporary, bytesMax } = this.#options;
    return temporary.withPath(async (path) => {
      signal.throwIfAborted();
      const { name, bytes } = await write(path, { bytesMax, signal });
      // Exact is only the look under the lock; this one spares the reading of a file that cannot be kept.
      if (!reuses) requireRoom(await sumFileBytes(db, member.id), bytes, this.#allowed(member));
      const reader = await this.reader();
      const leave = await reading.take(1, signal);
      const prepared = await reader.read(path, name, signal).then(prepareFile).finally(leave);
      const { content_hash: contentHash } = prepared.row;
      const same = reuses && (await findFileInUse(db, member.id, { name: prepared.row.name, contentHash }));
      return same ? { file: same, isNew: false } : { file: await this.#keep(member, prepared, signal), isNew: true };
    });
  }

  /**
   * Reads a file that is on the disk already, and keeps it as the member's.
   *
   * @throws FileRefusedError, FileQuotaError, RateLimitError, FileStoreError; rejects with the signal's reason
   */
  async keepAt(
    member: Uploader,
    { path, name }: { path: string; name: string },
    signal: AbortSignal,
  ): Promise<FileRow> {
    const reader = await this.reader();
    return this.#keep(member, await prepareFile(await reader.read(path, name, signal)), signal);
  }

  /** What reads files, for other ways in than an upload. */
  reader(): Promise<FileReader> {
    if (this.#closing.signal.aborted) return Promise.reject(this.#closing.signal.reason);
    this.#reader ??= this.#options.openReader().catch((error: unknown) => {
      this.#reader = null;
      throw error;
    });
    return this.#reader;
  }

  #allowed(member: Uploader): number {
    return tierOf(this.#options.offer.now.catalogue, member).fileMegabytes * 1_000_000;
  }

  async #keep(member: Uploader, prepared: PreparedFile, signal: AbortSignal): Promise<FileRow> {
    const { contents, cleaner } = this.#options;
    try {
      for (let tries = 0; tries < TRIES; tries += 1) {
        await keepPrepared(contents, prepared);
        signal.throwIfAborted();
        const file = await this.#insert(member, prepared);
        if (file) return file;
      }
      throw new Error('A content was taken away each time that it was kept.');
    } catch (error) {
      await cleaner.forget(hashesOf(prepared.row));
      throw error;
    }
  }

  #insert(member: Uploader, prepared: PreparedFile): Promise<FileRow | null> {
    return this.#options.db.transaction().execute(async (trx) => {
      // Uploads of one member are counted one after the other, whichever process they come to.
      const user = await lockUser(trx, member.id);
      if (!user) throw new NotFoundError('member');
      requireRoom(await sumFileBytes(trx, user.id), roomBytesOf(prepared), this.#allowed(user));
      return insertPrepared(trx, prepared, { userId: user.id, origin: 'UPLOAD' });
    });
  }

  /** Breaks uploads off, and resolves when nothing of them is left. */
  async close(): Promise<void> {
    this.#closing.abort(new RateLimitError(5, 'The server is restarting. Try again in a few seconds.', 'SERVER_BUSY'));
    await Promise.allSettled(this.#running);
    await (await this.#reader?.catch(() => null))?.close();
    await this.#options.temporary.close();
  }
}

function requireRoom(used: number, bytes: number, allowed: number): void {
  if (used + bytes > allowed) throw new FileQuotaError(used, allowed);
}
