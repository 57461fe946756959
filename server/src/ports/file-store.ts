import type { Readable } from 'node:stream';

/**
 * Keeps the bytes of files. What they are called, whose they are and how long they live is known to the domain: a store
 * knows keys. A key is used for one content and never again, so that nothing is ever overwritten.
 */
export interface FileStore {
  /**
   * Keeps the content, whole or not at all as far as `read` can tell. A repeated put of the same key has the same bytes,
   * and goes on where one that broke off ended.
   *
   * @param bytes the content's exact length
   * @throws FileStoreError; rejects with the stream's own error if that breaks
   */
  put(key: string, content: Readable, bytes: number): Promise<void>;
  /**
   * A part of the content, read as fast as it is taken. Destroying the stream ends the reading.
   *
   * @throws FileStoreError, also as the stream's error later on
   */
  read(key: string, range: ByteRange): Promise<Readable>;
  /** Whether the store has the content, with this exact length. @throws FileStoreError */
  has(key: string, bytes: number): Promise<boolean>;
  /**
   * Removes contents, each that it can; a key that has none is no error.
   *
   * @returns the keys of those that it could not
   * @throws FileStoreError if it could remove none of them
   */
  remove(keys: readonly string[]): Promise<string[]>;
  /** Whether the store answers, in one cheap request. @throws FileStoreError if it does not */
  check(): Promise<void>;
  /** Ends what is under way, which rejects. */
  close(): Promise<void>;
}

/** Both ends are in it, as in HTTP's ranges: a content of 10 bytes is 0 to 9. An empty one ends at -1. */
export interface ByteRange {
  start: number;
  end: number;
}

/** UNAVAILABLE: the store does not answer, a later try may succeed. MISSING: it has no such content. */
export type FileStoreFailure = 'UNAVAILABLE' | 'MISSING';

/** A store could not do what was asked. Its message names no secret. */
export class FileStoreError extends Error {
  override readonly name = 'FileStoreError';
  readonly reason: FileStoreFailure;

  constructor(reason: FileStoreFailure, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}
