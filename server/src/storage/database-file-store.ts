import { Readable } from 'node:stream';
import { type Kysely, sql } from 'kysely';
import type { Database } from '../database/database.ts';
import { CHUNK_BYTES, countChunks, deleteSomeChunks, findChunk, insertChunk } from '../database/files/chunks.ts';
import { type ByteRange, type FileStore, FileStoreError } from '../ports/file-store.ts';

/**
 * Keeps contents in the database, in chunks, so that one backup holds everything. Each chunk is a statement of its own:
 * nobody waits for a whole file.
 */
export function createDatabaseFileStore(db: Kysely<Database>): FileStore {
  return {
    async put(key, content, bytes) {
      let seq = 0;
      let sum = 0;
      for await (const data of inChunks(content)) {
        await insertChunk(db, { key, seq, data });
        seq += 1;
        sum += data.length;
      }
      if (sum !== bytes) throw new RangeError(`The content has ${sum} bytes and not ${bytes}.`);
    },
    async read(key, range) {
      return Readable.from(chunksOf(db, key, range), { objectMode: false, highWaterMark: CHUNK_BYTES });
    },
    async has(key, bytes) {
      return (await countChunks(db, key)) === Math.ceil(bytes / CHUNK_BYTES);
    },
    async remove(keys) {
      for (const key of keys) while (await deleteSomeChunks(db, key));
      return [];
    },
    async check() {
      await sql`select 1`.execute(db);
    },
    async close() {},
  };
}

/** Cuts a stream into pieces of CHUNK_BYTES; the last one is shorter. */
async function* inChunks(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let begun: Buffer[] = [];
  let missing = CHUNK_BYTES;
  for await (let piece of content) {
    while (piece.length >= missing) {
      yield Buffer.concat([...begun, piece.subarray(0, missing)], CHUNK_BYTES);
      piece = piece.subarray(missing);
      begun = [];
      missing = CHUNK_BYTES;
    }
    if (piece.length === 0) continue;
    begun.push(piece);
    missing -= piece.length;
  }
  if (begun.length > 0) yield Buffer.concat(begun);
}

/** The next chunk is read when the one before it was taken. */
async function* chunksOf(db: Kysely<Database>, key: string, { start, end }: ByteRange): AsyncGenerator<Buffer> {
  for (let at = start; at <= end; ) {
    const seq = Math.floor(at / CHUNK_BYTES);
    const data = await findChunk(db, { key, seq });
    const from = at - seq * CHUNK_BYTES;
    if (!data || data.length <= from) throw new FileStoreError('MISSING', 'The database has no such content.');
    const piece = data.subarray(from, Math.min(data.length, end + 1 - seq * CHUNK_BYTES));
    yield piece;
    at += piece.length;
  }
}
