import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from 's3rver';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { openDatabase } from '../../src/database/connection/open.ts';
import { eventually } from '../eventually.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { openCopy, type TestDatabase, testLog } from '../setup/describe-databases.ts';
import { upload } from './sending.ts';

describe.runIf(inject('databases').postgres)('files in a bucket', () => {
  const folder = mkdtempSync(join(tmpdir(), 'polylogue-bucket-'));
  let bucket: S3rver;
  let port: number;
  let database: TestDatabase & { url: string };
  const apps: TestApp[] = [];

  const start = async (query = '', key = 'S3RVER:S3RVER') => {
    const endpoint = `http://127.0.0.1:${port}`;
    const own = await openDatabase({ databaseUrl: database.url, dataDir: '', log: testLog });
    const env = { FILES_URL: `s3://${key}@files/of/chat?endpoint=${endpoint}${query}` };
    const app = await startApp({ database: { ...own, url: database.url }, env, logLevel: 'warn' });
    apps.push(app);
    return app;
  };
  const startBucket = async (at: number) => {
    bucket = new S3rver({
      port: at,
      address: '127.0.0.1',
      silent: true,
      directory: folder,
      configureBuckets: [{ name: 'files' }],
    });
    ({ port } = await bucket.run());
  };
  const get = ({ url }: { url: string }, { cookie }: Client, id: string, headers: object = {}) =>
    fetch(`${url}/files/${id}`, { headers: { cookie, ...headers } });
  const objects = () => readdirSync(folder, { recursive: true }).filter((name) => String(name).endsWith('_object'));

  beforeAll(async () => {
    database = await openCopy('template');
    await startBucket(0);
  });
  afterAll(async () => {
    for (const app of apps) {
      await app.close();
      await app.parts.database.close();
    }
    await bucket.close();
    await database.close();
    rmSync(folder, { recursive: true });
  });

  test('two replicas serve the same file from it, in parts too, and deleting removes it', async () => {
    const [one, other] = [await start(), await start()];
    const ann = await one.newMember();
    const content = 'from one replica to another. '.repeat(20_000);
    const { status, body } = await upload({ ...ann, url: one.url }, content);
    expect(status).toBe(201);
    expect(objects()).toHaveLength(1);
    expect(await (await get(other, ann, body.id)).text()).toBe(content);
    const part = await get(other, ann, body.id, { range: 'bytes=300000-300099' });
    expect([part.status, await part.text()]).toEqual([206, content.slice(300_000, 300_100)]);
    const deleted = await fetch(`${other.url}/files/${body.id}`, { method: 'DELETE', headers: { cookie: ann.cookie } });
    expect(deleted.status).toBe(204);
    await eventually(() => expect(objects()).toEqual([]));
  });

  test('a file that the database keeps stays readable when new ones go to a bucket', async () => {
    const [withBucket] = apps;
    const own = await openDatabase({ databaseUrl: database.url, dataDir: '', log: testLog });
    const without = await startApp({ database: { ...own, url: database.url } });
    apps.push(without);
    const ann = await without.newMember();
    const { body } = await upload(ann, 'in the database');
    expect(await (await get(withBucket as TestApp, ann, body.id)).text()).toBe('in the database');
  });

  test('what it has lost comes back when somebody uploads the same again', async () => {
    const app = await start();
    const ann = await app.newMember();
    const { body } = await upload(ann, 'lost and found');
    rmSync(join(folder, 'files'), { recursive: true });
    mkdirSync(join(folder, 'files'));
    expect((await get(app, ann, body.id)).status).toBe(500);
    const again = await upload(await app.newMember(), 'lost and found');
    expect(again.status).toBe(201);
    expect(await (await get(app, ann, body.id)).text()).toBe('lost and found');
    app.errors.splice(0);
  });

  test('while it is away, an upload is refused with a wait and leaves nothing, and a file is told to be for the moment not there', async () => {
    const app = await start();
    const ann = await app.newMember();
    const { body } = await upload(ann, 'kept before');
    await bucket.close();
    const refused = await upload(ann, 'kept never');
    expect([refused.status, refused.body.error.code, refused.headers.get('retry-after')]).toEqual([
      503,
      'FILES_UNAVAILABLE',
      '10',
    ]);
    const away = await get(app, ann, body.id);
    expect([away.status, (await away.json()).error.code]).toEqual([503, 'FILES_UNAVAILABLE']);
    expect(await (await fetch(`${app.url}/ready`)).json()).toMatchObject({ status: 'ok' });
    await startBucket(port);
    expect(await (await get(app, ann, body.id)).text()).toBe('kept before');
    expect((await ann.gql('{ viewer { files { totalCount } } }')).viewer.files.totalCount).toBe(1);
    const lines = app.errors.map((line) => JSON.parse(line).msg);
    expect(lines).toContain('Files cannot be kept or read: their bucket is away.');
  });

  test('a key that the bucket refuses is told in the log at the start, and never shown', async () => {
    const app = await start('', 'A-WRONG-KEY:a-wrong-secret');
    await eventually(() => expect(app.errors.join()).toContain('refuses the key'));
    const ann = await app.newMember();
    expect((await upload(ann, 'x')).status).toBe(503);
    expect(app.errors.join()).not.toContain('a-wrong-secret');
  });
});
