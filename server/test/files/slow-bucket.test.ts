import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createS3FileStore } from '../../src/storage/s3-file-store.ts';

/** What the bucket answers. */
let answer: (to: ServerResponse) => void = () => {};
const bucket = createServer((_request, to) => answer(to));
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
