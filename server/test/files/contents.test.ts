import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sendTogether } from '../../src/database/connection/pipelining.ts';
import { findContents, takeContents } from '../../src/database/files/contents.ts';
import {
  findFiles,
  findFilesOfTurns,
  insertFile,
  insertTurnFilesStatement,
  keepFilesStatement,
  sumFileBytes,
} from '../../src/database/files/files.ts';
import { contentOfPath, FileContents } from '../../src/domain/files/contents.ts';
import { createDatabaseFileStore } from '../../src/storage/database-file-store.ts';
import { describeDatabases, testLog } from '../setup/describe-databases.ts';
import { contentOfData } from './stored-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'polylogue-contents-'));
afterAll(() => rmSync(folder, { recursive: true }));

describeDatabases('contents of files', (database) => {
  let contents: FileContents;
  beforeAll(() => {
    const { db } = database();
    contents = new FileContents({ db, stores: { DATABASE: createDatabaseFileStore(db), BUCKET: null }, log: testLog });
  });

  test('a content of several chunks is read back whole, and in every part', async () => {
    const bytes = randomBytes(700_000);
    const path = join(folder, randomUUID());
    writeFileSync(path, bytes);
    const content = await contentOfPath(path);
    await contents.keep([content]);
    expect((await contents.load(content.hash)).equals(bytes)).toBe(true);
    for (const [start, end] of [
      [0, 0],
      [262_143, 262_144],
      [10, 600_000],
      [699_999, 699_999],
    ] as const) {
      const part = await contents.open(content.hash, { start, end });
      const read = await buffer(part?.stream ?? Readable.from([]));
      expect(read.equals(bytes.subarray(start, end + 1))).toBe(true);
    }
  });

  test('a put that broke off is ended by the next one of the same content', async () => {
    const { db } = database();
    const bytes = randomBytes(600_000);
    const content = contentOfData(bytes);
    await contents.keep([content]);
    const [row] = await findContents(db, [content.hash]);
    await db
      .deleteFrom('file_chunk')
      .where('key', '=', row?.key ?? '')
      .where('seq', '>', 0)
      .execute();
    await db.updateTable('file_content').set({ stored: false }).where('hash', '=', content.hash).execute();
    expect(await contents.open(content.hash)).toBeNull();
    await contents.keep([content]);
    expect((await contents.load(content.hash)).equals(bytes)).toBe(true);
  });

  test('an empty content can be kept', async () => {
    const content = contentOfData(Buffer.alloc(0));
    await contents.keep([content]);
    expect(await contents.load(content.hash)).toHaveLength(0);
  });

  describe('with a file in a turn', () => {
    test('a file is found by its owner only, and does not expire while a turn refers to it', async () => {
      const { db } = database();
      const userId = randomUUID();
      await db
        .insertInto('user')
        .values({ id: userId, name: 'A', email: `${userId}@example.org`, image: null })
        .execute();
      const content = contentOfData(Buffer.from('a text'));
      await contents.keep([content]);
      const file = await db.transaction().execute(async (trx) => {
        expect(await takeContents(trx, [content.hash])).toBe(1);
        return insertFile(trx, {
          id: randomUUID(),
          user_id: userId,
          name: 'a.txt',
          media_type: 'text/plain; charset=utf-8',
          kind: 'TEXT',
          bytes: content.bytes,
          content_hash: content.hash,
          text_hash: content.hash,
          text_tokens: 2,
          text_bytes_max: 6,
          pages: null,
          width: null,
          height: null,
          thumbnail_hash: null,
        });
      });
      expect(await findFiles(db, userId, [file.id])).toEqual([file]);
      expect(await findFiles(db, randomUUID(), [file.id])).toEqual([]);
      expect(await sumFileBytes(db, userId)).toBe(6);

      const conversationId = randomUUID();
      const turnId = randomUUID();
      await db
        .insertInto('conversation')
        .values({
          id: conversationId,
          user_id: userId,
          title: 'T',
          titled_by_user: false,
          model_ids: sql`'{}'`,
          system_prompt: null,
          client_id: null,
          payer_team_id: null,
          evaluation_id: null,
        })
        .execute();
      const turn = {
        id: turnId,
        conversation_id: conversationId,
        user_id: userId,
        depth: 0,
        prompt: 'p',
        parameters: '{}',
      };
      await sql`insert into turn ${sql.raw('(id, conversation_id, user_id, depth, prompt, parameters)')}
        values (${turn.id}, ${turn.conversation_id}, ${turn.user_id}, 0, 'p', '{}')`.execute(db);
      const { kept } = await db.transaction().execute((trx) =>
        sendTogether(trx, {
          kept: keepFilesStatement({ userId, ids: [file.id] }),
          inserted: insertTurnFilesStatement({ turnId, fileIds: [file.id] }),
        }),
      );
      expect(kept).toEqual([file]);
      expect(await findFilesOfTurns(db, userId, [turnId])).toEqual([{ ...file, turn_id: turnId, position: 0 }]);
      expect(await findFilesOfTurns(db, randomUUID(), [turnId])).toEqual([]);
      expect(await expiryOf(file.id)).toBeNull();
      await db.deleteFrom('conversation').where('id', '=', conversationId).execute();
      expect(await expiryOf(file.id)).not.toBeNull();
    });
  });

  async function expiryOf(id: string): Promise<Date | null | undefined> {
    const row = await database().db.selectFrom('file').select('expires_at').where('id', '=', id).executeTakeFirst();
    return row?.expires_at;
  }
});
