import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { Database } from '../../database/database.ts';
import { type ContentRow, claimContents, findContents, setContentsStored } from '../../database/files/contents.ts';
import type { ContentStore } from '../../database/files/file-tables.ts';
import { type ByteRange, type FileStore, FileStoreError } from '../../ports/file-store.ts';

/** Bytes that are to be kept. None of them are in memory while a store is slow. */
export interface NewContent {
  /** SHA-256 in hex. */
  hash: string;
  bytes: number;
  /** Each time a new stream of them all. */
  open(): Readable;
}

export interface ContentsOptions {
  db: Kysely<Database>;
  /** New contents go to the bucket, if there is one. Old ones stay where they are. */
  stores: { DATABASE: FileStore; BUCKET: FileStore | null };
  log: Pick<Logger, 'warn' | 'info'>;
}

/** What files have in them, by its hash: where it is, and how it gets there. */
export class FileContents {
  readonly #db: Kysely<Database>;
  readonly #stores: ContentsOptions['stores'];
  readonly #log: ContentsOptions['log'];
  /** Whether the bucket answered the last request; true if there is none. */
  #isUp = true;

  constructor({ db, stores, log }: ContentsOptions) {
    this.#db = db;
    this.#stores = stores;
    this.#log = log;
  }

  /** Whether the store of new contents answered when it was last asked something. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** Asks the bucket, if there is one, whether it answers; the log tells if it does not. */
  async check(): Promise<void> {
    const { BUCKET } = this.#stores;
    if (BUCKET) await this.#noting('BUCKET', () => BUCKET.check()).catch(() => {});
  }

  /** Where new contents go. */
  get newStore(): ContentStore {
    return this.#stores.BUCKET ? 'BUCKET' : 'DATABASE';
  }

  /** @throws FileStoreError if this server has no such store */
  #storeOf(store: ContentStore): FileStore {
    const found = this.#stores[store];
    if (found) return found;
    throw new FileStoreError('UNAVAILABLE', 'The file is in a bucket, and FILES_URL names none.');
  }

  /**
   * Has the contents in their stores, each once. They stay for an hour, in which a file must come to refer to them.
   *
   * @throws FileStoreError
   */
  async keep(contents: readonly NewContent[]): Promise<void> {
    const byHash = new Map(contents.map((content) => [content.hash, content]));
    const claims = [...byHash.values()].map(({ hash, bytes }) => ({
      hash,
      bytes,
      key: randomUUID(),
      store: this.newStore,
    }));
    const missing: ContentRow[] = [];
    for (const row of await claimContents(this.#db, claims)) if (!(await this.#isThere(row))) missing.push(row);
    for (const { hash, key, store, bytes } of missing) {
      const content = byHash.get(hash) as NewContent;
      await untilAnswered(() => this.#noting(store, (of) => of.put(key, content.open(), bytes)));
    }
    if (missing.length > 0) {
      await setContentsStored(
        this.#db,
        missing.map(({ key }) => key),
      );
    }
  }

  /** Whether the bytes are in their store. A database that was restored may know of more than its bucket still has. */
  async #isThere({ key, store, bytes, stored }: ContentRow): Promise<boolean> {
    return stored && (bytes === 0 || this.#noting(store, (of) => of.has(key, bytes)));
  }

  /** How long the content is; null: there is no such content. */
  async bytesOf(hash: string): Promise<number | null> {
    const [row] = await findContents(this.#db, [hash]);
    return row?.stored ? row.bytes : null;
  }

  /** The content's length and a stream of it, or of a part of it; null: there is no such content. */
  async open(hash: string, range?: ByteRange): Promise<{ bytes: number; stream: Readable } | null> {
    const [row] = await findContents(this.#db, [hash]);
    if (!row?.stored) return null;
    return { bytes: row.bytes, stream: await this.#read(row, range) };
  }

  /**
   * The content, or a part of it, in memory, which is the caller's to bound.
   *
   * @throws FileStoreError; rejects with the signal's reason once that is aborted
   */
  async load(hash: string, signal?: AbortSignal, range?: ByteRange): Promise<Buffer> {
    const opened = await this.open(hash, range);
    if (!opened) throw new FileStoreError('MISSING', 'The content of a file is gone.');
    const end = () => opened.stream.destroy(signal?.reason);
    signal?.addEventListener('abort', end, { once: true });
    try {
      signal?.throwIfAborted();
      return await buffer(opened.stream);
    } finally {
      signal?.removeEventListener('abort', end);
      opened.stream.destroy();
    }
  }

  async close(): Promise<void> {
    await this.#stores.DATABASE.close();
    await this.#stores.BUCKET?.close();
  }

  async #read({ key, store, bytes }: ContentRow, range?: ByteRange): Promise<Readable> {
    if (bytes === 0) return Readable.from([]);
    return this.#noting(store, (of) => of.read(key, range ?? { start: 0, end: bytes - 1 }));
  }

  /** Removes bytes that no row names any more; see `FileStore.remove`. */
  remove(store: ContentStore, keys: readonly string[]): Promise<string[]> {
    return this.#noting(store, (of) => of.remove(keys));
  }

  /** Has the log tell when the bucket begins and ceases to be away. */
  async #noting<T>(store: ContentStore, ask: (store: FileStore) => Promise<T>): Promise<T> {
    try {
      const result = await ask(this.#storeOf(store));
      if (store === 'BUCKET' && !this.#isUp) this.#log.info('The bucket of FILES_URL answers again.');
      if (store === 'BUCKET') this.#isUp = true;
      return result;
    } catch (err) {
      if (store === 'BUCKET' && isStoreUnavailable(err)) {
        if (this.#isUp) this.#log.warn({ err }, 'Files cannot be kept or read: their bucket is away.');
        this.#isUp = false;
      }
      throw err;
    }
  }
}

const TRIES = 3;
const RETRY_MS = 300;

/** A put cannot be repeated by its store, which has a stream of the content only once. */
async function untilAnswered(put: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await put();
    } catch (error) {
      if (tries === TRIES || !isStoreUnavailable(error)) throw error;
      await delay(RETRY_MS * 2 ** (tries - 1));
    }
  }
}

/** What is to be kept of a file on the disk. */
export async function contentOfPath(path: string): Promise<NewContent> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of createReadStream(path)) {
    hash.update(piece);
    bytes += piece.length;
  }
  return { hash: hash.digest('hex'), bytes, open: () => createReadStream(path) };
}

/** Whether the error says that a store did not answer. */
export function isStoreUnavailable(error: unknown): boolean {
  return error instanceof FileStoreError && error.reason === 'UNAVAILABLE';
}
