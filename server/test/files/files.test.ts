import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { request } from 'node:http';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { execute } from '../../src/database/connection/statement.ts';
import { insertTurnFilesStatement } from '../../src/database/files/files.ts';
import { encodeGlobalId, parseGlobalId } from '../../src/domain/ground/global-ids.ts';
import { eventually } from '../eventually.ts';
import { docx } from '../reading/making.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { cleaned } from './cleaned.ts';
import { answerOf, upload } from './sending.ts';
import { storeFile } from './stored-file.ts';

describeDatabases('files', (database) => {
  let app: TestApp;
  let ann: Client;
  let bob: Client;

  beforeAll(async () => {
    app = await startApp({
      database: database(),
      env: { FILE_MB_MAX: '1' },
      catalogue: { tiers: { fileMegabytes: 3 } },
    });
    ann = await app.newMember('Ann');
    bob = await app.newMember('Bob');
  });
  afterAll(() => app.close());

  test('an uploaded file is served to its owner whole, in parts, and not again if it is known', async () => {
    const content = 'Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich.'.repeat(6000);
    const bytes = Buffer.from(content);
    const { status, headers, body } = await upload(ann, content, { name: 'Zwölf "Boxer" 100%.txt' });
    expect(status).toBe(201);
    expect(body).toMatchObject({ name: 'Zwölf Boxer 100%.txt', kind: 'TEXT', bytes: bytes.length, pages: null });
    expect(headers.get('location')).toBe(`/files/${body.id}`);

    const whole = await get(ann, body.id);
    expect(whole.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(whole.headers.get('x-content-type-options')).toBe('nosniff');
    expect(whole.headers.get('content-security-policy')).toMatch(/default-src 'none'.*sandbox/);
    expect(whole.headers.get('cache-control')).toBe('private, no-cache');
    expect(whole.headers.get('content-disposition')).toBe(
      `attachment; filename="Zw_lf Boxer 100_.txt"; filename*=UTF-8''Zw%C3%B6lf%20Boxer%20100%25.txt`,
    );
    expect(await whole.text()).toBe(content);

    for (const [range, expected] of [
      ['bytes=0-9', bytes.subarray(0, 10)],
      ['bytes=262140-262150', bytes.subarray(262_140, 262_151)],
      ['bytes=400000-', bytes.subarray(400_000)],
      ['bytes=-5', bytes.subarray(-5)],
    ] as const) {
      const part = await get(ann, body.id, { headers: { range } });
      expect(part.status).toBe(206);
      expect(Buffer.from(await part.arrayBuffer()).equals(expected)).toBe(true);
    }
    const behind = await get(ann, body.id, { headers: { range: `bytes=${bytes.length}-` } });
    expect([behind.status, behind.headers.get('content-range')]).toEqual([416, `bytes */${bytes.length}`]);
    for (const range of ['bytes=5-2', 'bytes=0-1,5-6', 'lines=1-2']) {
      expect((await get(ann, body.id, { headers: { range } })).status).toBe(200);
    }
    const etag = whole.headers.get('etag') ?? '';
    expect((await get(ann, body.id, { headers: { 'if-none-match': etag } })).status).toBe(304);
    expect((await get(ann, body.id, { headers: { range: 'bytes=0-1', 'if-range': '"other"' } })).status).toBe(200);
    expect((await get(ann, body.id, { headers: { range: 'bytes=0-1', 'if-range': etag } })).status).toBe(206);
    const head = await get(ann, body.id, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(bytes.length)]);
    expect((await get(ann, `${body.id}/thumbnail`)).status).toBe(404);
  });

  test('a file is nobody else’s: not another member’s, not an admin’s, and not that of who is signed out', async () => {
    const { body } = await upload(bob, 'Bob’s own');
    for (const who of [ann, { ...ann, cookie: '' }]) {
      const status = who.cookie === '' ? 401 : 404;
      expect((await get(who, body.id)).status).toBe(status);
      expect((await get(who, body.id, { method: 'DELETE' })).status).toBe(status);
    }
    const node = 'query ($id: ID!) { node(id: $id) { ... on File { name text } } }';
    expect(await ann.gql(node, { id: body.id })).toEqual({ node: null });
    expect(await bob.gql(node, { id: body.id })).toEqual({ node: { name: 'notes.txt', text: 'Bob’s own' } });
  });

  test('an API key uploads and deletes with PROMPT, and reads with READ too', async () => {
    const keyWith = async (scopes: string[]) => {
      const { createApiKey } = await bob.gql(
        'mutation ($scopes: [ApiKeyScope!]) { createApiKey(name: "k", scopes: $scopes) { secret } }',
        { scopes },
      );
      return { authorization: `Bearer ${createApiKey.secret}` };
    };
    const [reading, prompting] = await Promise.all([keyWith(['READ']), keyWith(['PROMPT'])]);
    const nobody = { ...bob, cookie: '' };
    expect((await upload(nobody, 'x', { headers: reading })).status).toBe(403);
    const { status, body } = await upload(nobody, 'by a program', { headers: prompting });
    expect(status).toBe(201);
    for (const headers of [reading, prompting]) expect((await get(nobody, body.id, { headers })).status).toBe(200);
    expect((await get(nobody, body.id, { headers: reading, method: 'DELETE' })).status).toBe(403);
    expect((await get(nobody, body.id, { headers: prompting, method: 'DELETE' })).status).toBe(204);
  });

  test('a page of another site neither uploads nor deletes with the member’s cookie', async () => {
    const headers = { origin: 'https://evil.example' };
    expect((await upload(bob, 'x', { headers })).status).toBe(403);
    const { body } = await upload(bob, 'y');
    expect((await get(bob, body.id, { method: 'DELETE', headers })).status).toBe(403);
  });

  test('what is no upload of one sound file is refused with a code, and leaves nothing', async () => {
    const before = await leftOf();
    const refusals = [
      [await upload(bob, new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0xd, 0xa, 0x1a, 0xa, 0, 0])), 422, 'BROKEN'],
      [await upload(bob, new Uint8Array(1_000_001)), 413, 'TOO_LARGE'],
      [await upload(bob, 'x', { field: 'attachment' }), 400, 'BAD_USER_INPUT'],
      [await post('x', 'text/plain'), 415, 'UNSUPPORTED_MEDIA_TYPE'],
      [await post('x', 'multipart/form-data'), 415, 'UNSUPPORTED_MEDIA_TYPE'],
      [await post('x', 'multipart/form-data; boundary=b'), 400, 'BAD_USER_INPUT'],
      [await post('', 'multipart/form-data; boundary=b'), 400, 'BAD_USER_INPUT'],
      [await post(part('cut off'), 'multipart/form-data; boundary=b'), 400, 'BAD_USER_INPUT'],
      [await post(`${part('1')}${part('2')}--b--\r\n`, 'multipart/form-data; boundary=b'), 400, 'BAD_USER_INPUT'],
    ] as const;
    expect(refusals.map(([{ status, body }]) => [status, body.error?.code])).toEqual(
      refusals.map(([, status, code]) => [status, code]),
    );
    expect(await leftOf()).toEqual(before);
  });

  test('an upload that breaks off leaves nothing', async () => {
    const before = await leftOf();
    const sending = request(`${app.url}/files`, {
      method: 'POST',
      headers: { cookie: bob.cookie, 'content-type': 'multipart/form-data; boundary=b', 'content-length': 500_000 },
    });
    sending.on('error', () => {});
    sending.write(part('the beginning of a long file').slice(0, -2));
    await eventually(async () => expect((await leftOf()).folders).toBe(before.folders + 1));
    sending.destroy();
    await eventually(async () => expect(await leftOf()).toEqual(before));
    expect(app.errors).toEqual([]);
  });

  test('a name is shown without its path, and without what turns text around', async () => {
    const { body } = await upload(bob, 'x', { name: '../../etc/pass\u202ewd\u0007.txt' });
    expect(body.name).toBe('pass wd .txt');
    expect((await upload(bob, 'x', { name: 'C:\\temp\\a.txt' })).body.name).toBe('a.txt');
  });

  test('files uploaded at once do not have more bytes together than the plan allows', async () => {
    const carl = await app.newMember('Carl');
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => upload(carl, randomBytes(675_000).toString('base64'))),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 201, 403, 403, 403]);
    expect(answers.find(({ status }) => status === 403)?.body.error.code).toBe('FILE_QUOTA_EXCEEDED');
    const { viewer } = await carl.gql('{ viewer { fileUsage { bytes bytesMax } files { totalCount } } }');
    expect(viewer).toEqual({ fileUsage: { bytes: 2_700_000, bytesMax: 3_000_000 }, files: { totalCount: 3 } });
  });

  test('a member takes their files along, bytes and all', async () => {
    const dora = await app.newMember('Dora');
    const content = `taken along: ${randomBytes(300_000).toString('base64')}`;
    const { body } = await upload(dora, content, { name: 'diary.txt' });
    const headers = { cookie: dora.cookie };
    const { files } = (await (await fetch(`${app.url}/export/my-data.json`, { headers })).json()) as {
      files: { id: string; name: string; base64: string }[];
    };
    expect(files.map(({ id, name }) => ({ id, name }))).toEqual([
      { id: parseGlobalId(body.id)?.id, name: 'diary.txt' },
    ]);
    expect(Buffer.from(files[0]?.base64 ?? '', 'base64').toString()).toBe(content);
  });

  test('the files of a deleted member go, drafts too', async () => {
    const before = await leftOf();
    const emil = await app.newMember('Emil');
    await upload(emil, `a draft ${randomBytes(10).toString('hex')}`);
    const { id } = await database()
      .db.selectFrom('user')
      .select('id')
      .where('email', '=', emil.email)
      .executeTakeFirstOrThrow();
    await ann.gql('mutation ($id: ID!) { deleteMember(userId: $id) }', { id: encodeGlobalId('User', id) });
    await eventually(async () => expect(await leftOf()).toEqual(before));
  });

  test('what is read out of a document counts as the document does', async () => {
    const fred = await app.newMember('Fred');
    const long = () => {
      const text = randomBytes(750_000).toString('hex');
      return new Blob([new Uint8Array(docx(`<w:p><w:r><w:t>${text}</w:t></w:r></w:p>`))]);
    };
    const first = await upload(fred, long(), { name: 'long.docx' });
    expect([first.status, first.body.kind]).toEqual([201, 'DOCUMENT']);
    const { viewer } = await fred.gql('{ viewer { fileUsage { bytes } } }');
    expect(viewer.fileUsage.bytes).toBe(first.body.bytes + 1_500_000);
    const second = await upload(fred, long(), { name: 'long.docx' });
    expect([second.status, second.body.error?.code]).toEqual([403, 'FILE_QUOTA_EXCEEDED']);
  });

  test('a text is read as far as it is asked for, and no character is cut', async () => {
    const { body } = await upload(bob, `ab😀${'ü'.repeat(1000)}`);
    const text = async (length: number | null) =>
      (
        await bob.gql('query ($id: ID!, $length: Int) { node(id: $id) { ... on File { text(length: $length) } } }', {
          id: body.id,
          length,
        })
      ).node.text;
    expect(await text(2)).toBe('ab');
    expect(await text(3)).toBe('ab');
    expect(await text(4)).toBe('ab😀');
    expect(await text(0)).toBe('');
    expect(await text(500)).toBe(`ab😀${'ü'.repeat(496)}`);
    expect(await text(null)).toHaveLength(1004);
  });

  test('a text is read whole, however long it may be', async () => {
    const content = 'a word and '.repeat(900_000);
    const file = { name: 'long.txt', kind: 'TEXT', mediaType: 'text/plain', content: Buffer.from(content) } as const;
    const gina = await app.newMember('Gina');
    const id = await storeFile(database().db, gina.email, { ...file, text: content });
    const { node } = await gina.gql('query ($id: ID!) { node(id: $id) { ... on File { text } } }', { id });
    expect(node.text).toHaveLength(content.length);
  });

  test('a file lives as long as a conversation has it, and its bytes as long as a file has them', async () => {
    const before = await leftOf();
    const content = `kept ${randomBytes(300_000).toString('base64')}`;
    const [first, second] = [await upload(ann, content), await upload(bob, content)];
    const { sendPrompt } = await ann.gql(
      `mutation { sendPrompt(input: { prompt: "Read this." }) {
        ... on SendPromptPayload { turn { id conversation { id } } } ... on Error { message } } }`,
    );
    const { id: turnId, conversation } = sendPrompt.turn;
    await execute(
      database().db,
      insertTurnFilesStatement({
        turnId: parseGlobalId(turnId)?.id ?? '',
        fileIds: [parseGlobalId(first.body.id)?.id ?? ''],
      }),
    );
    const asked = 'query ($id: ID!) { node(id: $id) { ... on Turn { files { id name url thumbnailUrl } } } }';
    expect((await ann.gql(asked, { id: turnId })).node.files).toEqual([
      { id: first.body.id, name: 'notes.txt', url: `/files/${first.body.id}`, thumbnailUrl: null },
    ]);
    const inUse = await get(ann, first.body.id, { method: 'DELETE' });
    expect([inUse.status, (await answerOf(inUse)).body.error.code]).toEqual([409, 'FILE_IN_USE']);
    expect((await bob.gql('mutation ($id: ID!) { deleteFile(id: $id) }', { id: second.body.id })).deleteFile).toBe(
      second.body.id,
    );
    expect((await get(bob, second.body.id)).status).toBe(404);
    expect(await (await get(ann, first.body.id)).text()).toBe(content);

    await ann.gql('mutation ($id: ID!) { deleteConversation(id: $id) }', { id: conversation.id });
    await eventually(async () => expect(await leftOf()).toEqual(before));
    expect((await get(ann, first.body.id)).status).toBe(404);
  });

  const get = (
    { url, cookie }: Pick<Client, 'url' | 'cookie'>,
    id: string,
    { headers = {}, ...init }: RequestInit = {},
  ) => fetch(`${url}/files/${id}`, { ...init, headers: { cookie, ...headers } });

  async function post(body: string, contentType: string) {
    const headers = { cookie: bob.cookie, 'content-type': contentType };
    return answerOf(await fetch(`${app.url}/files`, { method: 'POST', body, headers }));
  }

  /** What there is of files, in the database and in temporary folders, once what earlier tests deleted is gone. */
  async function leftOf() {
    await cleaned(database().db);
    const { rows } = await sql<{ files: number; contents: number; chunks: number }>`
      select (select count(*) from file) as files, (select count(*) from file_content) as contents,
        (select count(*) from file_chunk) as chunks`.execute(database().db);
    const own = readdirSync(tmpdir()).filter((name) =>
      name.startsWith(`polylogue-files-${hostname()}-${process.pid}-`),
    );
    const folders = own.reduce((sum, name) => sum + readdirSync(join(tmpdir(), name)).length, 0);
    return { ...rows[0], folders };
  }
});

function part(content: string): string {
  return `--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n${content}\r\n`;
}
