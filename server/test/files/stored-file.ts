import { createHash, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Kysely } from 'kysely';
import type { Database } from '../../src/database/database.ts';
import { takeContents } from '../../src/database/files/contents.ts';
import { type FileRow, insertFile } from '../../src/database/files/files.ts';
import { FileContents, type NewContent } from '../../src/domain/files/contents.ts';
import { encodeGlobalId } from '../../src/domain/ground/global-ids.ts';
import { ByteMeter, estimateTokens } from '../../src/domain/ground/tokens.ts';
import { createDatabaseFileStore } from '../../src/storage/database-file-store.ts';
import { testLog } from '../setup/describe-databases.ts';

export interface StoredFile {
  name: string;
  kind: FileRow['kind'];
  mediaType: string;
  content: Buffer;
  /** Absent: none was read out of it. */
  text?: string;
  pages?: number;
  width?: number;
  height?: number;
}

/** What is to be kept of bytes in memory. */
export function contentOfData(data: Buffer): NewContent {
  const hash = createHash('sha256').update(data).digest('hex');
  return { hash, bytes: data.length, open: () => Readable.from([data], { objectMode: false }) };
}

/** Stores a file as an upload would, without reading it. @returns its id, as clients know it */
export async function storeFile(db: Kysely<Database>, email: string, file: StoredFile): Promise<string> {
  const { id: userId } = await db.selectFrom('user').select('id').where('email', '=', email).executeTakeFirstOrThrow();
  const content = contentOfData(file.content);
  const text = file.text === undefined ? null : contentOfData(Buffer.from(file.text));
  const contents = text ? [content, text] : [content];
  await new FileContents({ db, stores: { DATABASE: createDatabaseFileStore(db), BUCKET: null }, log: testLog }).keep(
    contents,
  );
  const meter = new ByteMeter();
  meter.add(file.text ?? '');
  const row = await db.transaction().execute(async (trx) => {
    await takeContents(trx, [...new Set(contents.map(({ hash }) => hash))]);
    return insertFile(trx, {
      id: randomUUID(),
      user_id: userId,
      name: file.name,
      media_type: file.mediaType,
      kind: file.kind,
      bytes: content.bytes,
      content_hash: content.hash,
      text_hash: text?.hash ?? null,
      text_tokens: text && estimateTokens(file.text ?? ''),
      text_bytes_max: text && meter.bytesMax,
      pages: file.pages ?? null,
      width: file.width ?? null,
      height: file.height ?? null,
      thumbnail_hash: null,
    });
  });
  return encodeGlobalId('File', row.id);
}

/** A picture of one pixel. */
export const pixel = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
