import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Kysely } from 'kysely';
import type { Database } from '../../database/database.ts';
import { type ContentRow, claimContents, findContents, setContentsStored } from '../../database/files/contents.ts';
import type { ContentStore } from '../../database/files/file-tables.ts';
import { type ByteRange, type FileStore, FileStoreError } from '../../ports/file-store.ts';

/** Bytes that are to be kept: in a file, or in memory if they are few. */
export interface NewContent {
  /** SHA-256 in hex. */
  hash: string;
  bytes: number;
  source: { path: string } | { data: Buffer };
}

export interface ContentsOptions {
  db: Kysely<Database>;
  /** New contents go to the bucket, if there is one. Old ones stay where they are. */
  stores: { DATABASE: FileStore; BUCKET: FileStore | null };
}

/** What files have in them, by its hash: where it is, and how it gets there. */
export class FileContents {
  readonly #db: Kysely<Database>;
  readonly #stores: ContentsOptions['stores'];

  constructor({ db, stores }: ContentsOptions) {
    this.#db = db;
    this.#stores = stores;
  }

  /** Where new contents go. */
  get newStore(): ContentStore {
    return this.#stores.BUCKET ? 'BUCKET' : 'DATABASE';
  }

  /** @throws FileStoreError if this server has no such store */
  storeOf(store: ContentStore): FileStore {
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
    const missing = (await claimContents(this.#db, claims)).filter(({ stored }) => !stored);
    for (const { hash, key, store, bytes } of missing) {
      const { source } = byHash.get(hash) as NewContent;
      await this.storeOf(store).put(key, streamOf(source), bytes);
    }
    if (missing.length > 0) {
      await setContentsStored(
        this.#db,
        missing.map(({ key }) => key),
      );
    }
  }

  /** The content's length and a stream of it, or of a part of it; null: there is no such content. */
  async open(hash: string, range?: ByteRange): Promise<{ bytes: number; stream: Readable } | null> {
    const [row] = await findContents(this.#db, [hash]);
    if (!row?.stored) return null;
    return { bytes: row.bytes, stream: await this.#read(row, range) };
  }

  /**
   * The whole content in memory, which is the caller's to bound.
   *
   * @throws FileStoreError
   */
  async load(hash: string, signal?: AbortSignal): Promise<Buffer> {
    const opened = await this.open(hash);
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

  async #read({ key, store, bytes }: ContentRow, range?: ByteRange): Promise<Readable> {
    if (bytes === 0) return Readable.from([]);
    return this.storeOf(store).read(key, range ?? { start: 0, end: bytes - 1 });
  }
}

function streamOf(source: NewContent['source']): Readable {
  return 'path' in source ? createReadStream(source.path) : Readable.from([source.data], { objectMode: false });
}

/** What is to be kept of a file on the disk. */
export async function contentOfPath(path: string): Promise<NewContent> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of createReadStream(path)) {
    hash.update(piece);
    bytes += piece.length;
  }
  return { hash: hash.digest('hex'), bytes, source: { path } };
}

export function contentOfData(data: Buffer): NewContent {
  return { hash: createHash('sha256').update(data).digest('hex'), bytes: data.length, source: { data } };
}
