import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createS3FileStore } from '../../src/storage/s3-file-store.ts';

/** What the bucket answers. */
let answer: (to: ServerResponse, request: IncomingMessage) => void = () => {};
const bucket = createServer((request, to) => answer(to, request));
let endpoint: string;

beforeAll(async () => {
  await once(bucket.listen(0, '127.0.0.1'), 'listening');
  endpoint = `http://127.0.0.1:${(bucket.address() as AddressInfo).port}`;
});
afterAll(() => {
  bucket.closeAllConnections();
  bucket.close();
});

function store(silenceMs?: number) {
  const place = { bucket: 'files', prefix: '', endpoint, region: 'us-east-1', pathStyle: true };
  const key = { accessKeyId: 'key', secretAccessKey: 'secret', sessionToken: null };
  return createS3FileStore({ ...place, ...key, retryMs: 1, ...(silenceMs !== undefined && { silenceMs }) });
}

/** Sends the beginning of a body, and nothing more. */
const stalls = (to: ServerResponse) => void to.writeHead(206, { 'content-length': 10 }).write('begun');

test('A body that falls silent breaks off, and its connection is closed', async () => {
  const ended = new Promise((resolve) => {
    answer = (to) => {
      to.on('close', resolve);
      stalls(to);
    };
  });
  const body = await store(20).read('a', { start: 0, end: 9 });
  await expect(buffer(body)).rejects.toMatchObject({
    reason: 'UNAVAILABLE',
    message: expect.stringContaining('fell silent'),
  });
  await ended;
});

test('A body that is given up while it is silent ends at once', async () => {
  const ended = new Promise((resolve) => {
    answer = (to) => {
      to.on('close', resolve);
      stalls(to);
    };
  });
  const body = await store().read('a', { start: 0, end: 9 });
  const read = buffer(body);
  await once(body, 'data');
  body.destroy(new Error('stopped'));
  await expect(read).rejects.toThrow('stopped');
  await ended;
});

test('An error of any length is read no further than its beginning', async () => {
  const ended = new Promise((resolve) => {
    answer = (to) => {
      to.on('close', resolve);
      const more = () => {
        while (!to.destroyed && to.write(' '.repeat(65_536)));
      };
      to.on('drain', more);
      to.writeHead(403).write('<Error><Code>AccessDenied</Code>');
      more();
    };
  });
  await expect(store().check()).rejects.toThrow('refuses the key (403 AccessDenied)');
  await ended;
});

test.each([5, 15])(
  'A body of %i bytes in place of ten breaks off, and is not passed on as the whole',
  async (length) => {
    answer = (to) => void to.writeHead(206).end('x'.repeat(length));
    const body = await store().read('a', { start: 0, end: 9 });
    await expect(buffer(body)).rejects.toMatchObject({ reason: 'MISSING' });
  },
);

test('A range behind an object’s end says that bytes are missing, and not that the bucket is away', async () => {
  answer = (to) => void to.writeHead(416).end('<Error><Code>InvalidRange</Code></Error>');
  await expect(store().read('a', { start: 10, end: 19 })).rejects.toMatchObject({ reason: 'MISSING' });
});

test('It has an object if the bucket knows one of the same length', async () => {
  answer = (to, { method, url }) => {
    if (url?.endsWith('none')) to.writeHead(404).end();
    else to.writeHead(method === 'HEAD' ? 200 : 500, { 'content-length': 10 }).end();
  };
  const asked = [store().has('a', 10), store().has('a', 11), store().has('none', 10)];
  expect(await Promise.all(asked)).toEqual([true, false, false]);
});

test('Removing goes on past an object that the bucket does not remove', async () => {
  answer = (to, { url }) => void to.writeHead(url?.endsWith('/b') ? 403 : 204).end();
  expect(await store().remove(['a', 'b', 'c'])).toEqual(['b']);
  await expect(store().remove(['b'])).rejects.toThrow('refuses the key (403)');
});

test('An answer that is cut off right behind its head is asked for again', async () => {
  let asked = 0;
  answer = (to) => {
    asked += 1;
    if (asked === 3) return void to.writeHead(204).end();
    to.writeHead(503, { 'content-length': 1000 }).flushHeaders();
    to.destroy();
  };
  expect(await store().remove(['a'])).toEqual([]);
  expect(asked).toBe(3);
});

test('Closing ends a request that the bucket does not answer', async () => {
  const closing = store();
  const asked = new Promise<void>((resolve) => {
    answer = () => resolve();
  });
  const removing = closing.remove(['a']);
  await asked;
  await closing.close();
  await expect(removing).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
});
