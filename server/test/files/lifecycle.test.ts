import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Kysely, sql } from 'kysely';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { openDatabase } from '../../src/database/connection/open.ts';
import type { Database } from '../../src/database/database.ts';
import { copySetFiles, insertSetFiles } from '../../src/database/files/set-files.ts';
import { insertPromptSet, insertPromptSetItems } from '../../src/database/judging/prompt-sets.ts';
import type { CurrentOffer } from '../../src/domain/catalogue/offer.ts';
import { createFileCleaner } from '../../src/domain/files/cleaner.ts';
import { FileContents } from '../../src/domain/files/contents.ts';
import { deleteFile, findFiles } from '../../src/domain/files/files.ts';
import { TemporaryFiles } from '../../src/domain/files/temporary-files.ts';
import { Uploads } from '../../src/domain/files/uploads.ts';
import type { FileReader } from '../../src/ports/file-reader.ts';
import type { FileStore } from '../../src/ports/file-store.ts';
import { createDatabaseFileStore } from '../../src/storage/database-file-store.ts';
import { labCatalogue } from '../credits/catalogue.ts';
import { describeDatabases, openCopy, testLog } from '../setup/describe-databases.ts';
import { contentOfData } from './stored-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'polylogue-lifecycle-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Takes a file as it is, for a text. */
const reader: FileReader = {
  async read(path, name) {
    const text = readFileSync(path, 'utf8').slice(0, 100);
    const textPath = `${path}.text`;
    writeFileSync(textPath, text);
    const figures = { textTokens: text.length, textBytesMax: text.length, pages: null, width: null, height: null };
    return {
      kind: 'TEXT',
      mediaType: 'text/plain',
      name,
      contentPath: path,
      textPath,
      thumbnailPath: null,
      ...figures,
    };
  },
  readPage: () => Promise.reject(new Error('No pages are read here.')),
  async close() {},
};

/** What a process has for files. */
function filesOf(db: Kysely<Database>, store: FileStore = createDatabaseFileStore(db)) {
  const contents = new FileContents({ db, stores: { DATABASE: store, BUCKET: null }, log: testLog });
  const temporary = new TemporaryFiles(folder);
  const cleaner = createFileCleaner({ db, contents, temporary, log: testLog });
  const offer = { now: { catalogue: labCatalogue({ a: {} }) } } as unknown as CurrentOffer;
  const openReader = async () => reader;
  const uploads = new Uploads({ db, offer, contents, cleaner, temporary, openReader, bytesMax: 1_000_000 });
  const receive = (member: string, content: string) =>
    uploads.receive(
      { id: member, tier: 'FREE' },
      async (path) => {
        writeFileSync(path, content);
        return { name: 'a.txt', bytes: content.length };
      },
      new AbortController().signal,
    );
  return { db, contents, cleaner, receive, close: () => uploads.close().then(() => cleaner.close()) };
}

async function newMember(db: Kysely<Database>): Promise<string> {
  const id = randomUUID();
  await db
    .insertInto('user')
    .values({ id, name: 'A', email: `${id}@example.org`, image: null })
    .execute();
  return id;
}

async function leftOf(db: Kysely<Database>) {
  const { rows } =
    await sql`select (select count(*) from file) as files, (select count(*) from file_content) as contents,
    (select count(*) from file_chunk) as chunks`.execute(db);
  return rows[0];
}

const nothing = { files: 0, contents: 0, chunks: 0 };

describeDatabases('what a killed process leaves', (database) => {
  test('goes when nobody has asked for it in time: a file without a prompt, and the half of a content', async () => {
    const { db } = database();
    const { contents, cleaner, receive, close } = filesOf(db);
    await receive(await newMember(db), 'uploaded, and never sent');
    await contents.keep([contentOfData(Buffer.alloc(600_000, 'never became a file'))]);
    await cleaner.sweep();
    expect(await leftOf(db)).toEqual({ files: 1, contents: 2, chunks: 4 });
    await sql`update file set expires_at = expires_at - interval '1 day'`.execute(db);
    await sql`update file_content set claimed_until = claimed_until - interval '1 hour'`.execute(db);
    await cleaner.sweep();
    expect(await leftOf(db)).toEqual(nothing);
    // Whoever still wrote chunks after that is cleaned up after as well.
    await sql`insert into file_chunk select key, 0, 'late' from file_removal`.execute(db);
    await sql`update file_removal set since = since - interval '3 hours'`.execute(db);
    await cleaner.sweep();
    expect(await leftOf(db)).toEqual(nothing);
    await close();
  });
});

describeDatabases('contents that their store cannot remove', (database) => {
  test('keep no others from going', async () => {
    const { db } = database();
    const fine = createDatabaseFileStore(db);
    const stuck = (key: string) => key < '80000000';
    const store: FileStore = {
      ...fine,
      async remove(keys) {
        const left = keys.filter(stuck);
        if (left.length === keys.length) throw new Error('refused');
        await fine.remove(keys.filter((key) => !stuck(key)));
        return left;
      },
    };
    const { contents, cleaner, close } = filesOf(db, store);
    await contents.keep(Array.from({ length: 60 }, (_, index) => contentOfData(Buffer.from(`one of many: ${index}`))));
    await sql`update file_content set claimed_until = claimed_until - interval '1 hour'`.execute(db);
    const left = async () => (await db.selectFrom('file_chunk').select('key').execute()).map(({ key }) => key);
    const kept = (await left()).filter(stuck).sort();
    // Each sweep ends where nothing can be removed, and the next one goes on behind that.
    for (let sweeps = 0; sweeps < 10; sweeps += 1) await cleaner.sweep();
    expect((await left()).sort()).toEqual(kept);
    await close();
    await sql`truncate file_chunk, file_removal`.execute(db);
  });
});

test('temporary files of a process that is dead are removed, and those of a living one stay', async () => {
  const { pid: dead } = spawnSync(process.execPath, ['-e', '']);
  const machine = hostname().replace(/[^\w.]/g, '_');
  const [left, living] = [dead, process.ppid].map((pid) => join(folder, `polylogue-files-${machine}-${pid}-x`));
  for (const path of [left, living]) mkdirSync(join(path as string, 'upload'), { recursive: true });
  const temporary = new TemporaryFiles(folder);
  await temporary.withPath(async (path) => {
    writeFileSync(path, 'being received');
    await temporary.removeAbandoned();
    expect([left, living, path].map((one) => existsSync(one as string))).toEqual([false, true, true]);
  });
  rmSync(living as string, { recursive: true });
});

describe.runIf(inject('databases').postgres)('two processes', () => {
  test('upload, delete and clean away the same contents at once, and no file ever misses a byte', async () => {
    const database = await openCopy('template');
    const other = await openDatabase({ databaseUrl: database.url, dataDir: '', log: testLog });
    const processes = [filesOf(database.db), filesOf(other.db)];
    const variants = ['small', 'of two chunks '.repeat(20_000), 'of three chunks'.repeat(40_000)];
    let running = true;
    const sweeping = processes.map(async ({ cleaner }) => {
      while (running) await cleaner.sweep();
    });
    const working = processes.flatMap(({ db, contents, receive }) =>
      Array.from({ length: 4 }, async (_, worker) => {
        const member = await newMember(db);
        for (let round = 0; round < 15; round += 1) {
          const content = variants[(round + worker) % variants.length] as string;
          const file = await receive(member, content);
          const kept = await contents.load(file.content_hash);
          expect(kept.equals(Buffer.from(content))).toBe(true);
          await deleteFile(db, member, file.id);
        }
      }),
    );
    await Promise.all(working);
    running = false;
    await Promise.all(sweeping);
    // A chunk may come after its content was cleaned away, since both processes write the same one: it goes hours later.
    await sql`update file_removal set since = since - interval '3 hours'`.execute(database.db);
    for (const { cleaner } of processes) await cleaner.sweep();
    expect(await leftOf(database.db)).toEqual(nothing);
    for (const { close } of processes) await close();
    await other.close();
    await database.close();
  });

  test('leave a draft that an evaluation is about to have in the place of the same file of a shared set', async () => {
    const database = await openCopy('template');
    const other = await openDatabase({ databaseUrl: database.url, dataDir: '', log: testLog });
    const [own, cleaning] = [filesOf(database.db), filesOf(other.db)];
    const [owner, user] = [await newMember(own.db), await newMember(own.db)];
    const [setId, itemId] = [randomUUID(), randomUUID()];
    const shared = await own.receive(owner, 'the same');
    await own.db.transaction().execute(async (trx) => {
      await insertPromptSet(trx, { id: setId, user_id: owner, name: 'Set', shared_with: 'MEMBERS' });
      await insertPromptSetItems(trx, [{ id: itemId, set_id: setId, position: 0, prompt: 'Look.' }]);
      await insertSetFiles(trx, [{ item_id: itemId, position: 0, file_id: shared.id }]);
    });
    const draft = await own.receive(user, 'the same');
    await sql`update file set expires_at = clock_timestamp() where id = ${draft.id}`.execute(own.db);
    const filesLeft = async () => (await findFiles(other.db, user, [draft.id])).length;
    await own.db.transaction().execute(async (trx) => {
      expect(await copySetFiles(trx, { setId, userId: user })).toBe(0);
      await cleaning.cleaner.sweep();
      expect(await filesLeft()).toBe(1);
    });
    await cleaning.cleaner.sweep();
    expect(await filesLeft()).toBe(0);
    await own.db.transaction().execute(async (trx) => {
      expect(await copySetFiles(trx, { setId, userId: user })).toBe(shared.bytes);
    });
    for (const { close } of [own, cleaning]) await close();
    await other.close();
    await database.close();
  });
});
