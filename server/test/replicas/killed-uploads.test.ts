import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { converse, storedResponses } from '../api/asking.ts';
import { until } from '../credits/house.ts';
import { answerOf, upload } from '../files/sending.ts';
import { pixel } from '../files/stored-file.ts';
import { type Client, connect, signUp } from '../setup/app.ts';
import { openCopy, type TestDatabase } from '../setup/describe-databases.ts';
import { prepareReplicas, type Replica, type Replicas } from './replicas.ts';

/** In several chunks of the database's store. */
const long = Array.from({ length: 60_000 }, (_, line) => `line ${line}\n`).join('');

/** Each server is a process of its own; they share a database and a folder for temporary files. */
describe.runIf(inject('databases').postgres)('a server that is killed after one upload and within another', () => {
  let database: TestDatabase & { url: string };
  let replicas: Replicas;
  let temporary: string;
  let others: Replica[];
  let member: Client;
  let ids: { used: string; unused: string };
  beforeAll(async () => {
    database = await openCopy('template');
    temporary = mkdtempSync(join(tmpdir(), 'polylogue-killed-uploads-'));
    replicas = await prepareReplicas({ databaseUrl: database.url, env: { TMPDIR: temporary } });
    const victim = await replicas.start();
    member = await signUp(victim.url);
    const used = await upload(member, pixel, { name: 'pixel.png' });
    const unused = await upload(member, long, { name: 'long.txt' });
    ids = { used: used.body.id, unused: unused.body.id };
    beginUpload(member);
    await until(async () => received() === HALF, 'half of the file is in the temporary folder');
    await victim.kill();
    expect(received()).toBe(HALF);
    others = await Promise.all([replicas.start(), replicas.start()]);
  }, 60_000);
  afterAll(async () => {
    await replicas?.close();
    await database?.close();
    rmSync(temporary, { recursive: true, force: true });
  });

  /** The bytes of all files that are being received. */
  const received = () =>
    readdirSync(temporary, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.startsWith('polylogue-files-') && path.endsWith('/file'))
      .reduce((sum, path) => sum + (statSync(join(temporary, path), { throwIfNoEntry: false })?.size ?? 0), 0);

  const countRows = async () => {
    const { rows } = await sql<{ files: number; contents: number; stray: number }>`
      select (select count(*) from file) as files, (select count(*) from file_content) as contents,
        (select count(*) from file_chunk where key not in (select key from file_content)) as stray`.execute(
      database.db,
    );
    return rows[0];
  };

  const get = async (url: string, path: string, range?: string) =>
    answerOf(await fetch(`${url}/files/${path}`, { headers: { cookie: member.cookie, ...(range && { range }) } }));

  test('leaves of the upload that broke off no file, and its temporary file goes when another starts', async () => {
    await until(async () => received() === 0, 'the temporary file is removed');
    // The picture, its thumbnail, and the text, whose content is what models read of it.
    expect(await countRows()).toEqual({ files: 2, contents: 3, stray: 0 });
  });

  test('has the whole upload served by every other server, in parts and with its thumbnail', async () => {
    for (const { url } of others) {
      expect((await get(url, ids.unused)).body).toBe(long);
      const part = await get(url, ids.unused, 'bytes=262000-263000');
      expect([part.status, part.body]).toEqual([206, long.slice(262_000, 263_001)]);
      const thumbnail = await get(url, `${ids.used}/thumbnail`);
      expect([thumbnail.status, thumbnail.headers.get('content-type')]).toEqual([200, 'image/webp']);
    }
  });

  test('leaves a file that a prompt to another server can have, and one without a prompt goes after a day', async () => {
    const [first, second] = others as [Replica, Replica];
    const there = connect(first.url, member);
    const { turn } = await converse(there, {
      prompt: 'What is in the picture?',
      modelIds: ['mock/swift'],
      fileIds: [ids.used],
    });
    expect(await storedResponses(there, turn.id)).toMatchObject([{ status: 'COMPLETED' }]);

    await sql`update file set created_at = created_at - interval '1 day', expires_at = expires_at - interval '1 day'`.execute(
      database.db,
    );
    // A file that is deleted wakes the cleaner.
    const { body } = await upload(connect(second.url, member), 'deleted at once');
    await fetch(`${second.url}/files/${body.id}`, { method: 'DELETE', headers: { cookie: member.cookie } });
    await until(async () => (await countRows())?.contents === 2, 'the contents of the unused file are gone');
    await until(async () => (await countRows())?.stray === 0, 'so are their bytes');
    expect((await get(first.url, ids.unused)).status).toBe(404);
    expect((await get(first.url, ids.used)).status).toBe(200);
  });
});

const HALF = 500_000;

/** Sends the half of a file, and no more. */
function beginUpload({ url, cookie }: Client): void {
  const head = '--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n';
  const req = request(`${url}/files`, {
    method: 'POST',
    headers: { cookie, 'content-type': 'multipart/form-data; boundary=x', 'content-length': 2 * HALF },
  });
  // It ends with its server.
  req.on('error', () => {});
  // The parser holds back what may be the beginning of a boundary: the last bytes are none.
  req.write(head + 'a'.repeat(HALF));
}
