import { createReadStream, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { openTestDatabase, type TestDatabase } from '../setup/describe-databases.ts';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');
const folder = mkdtempSync(join(tmpdir(), 'polylogue-memory-'));

let database: TestDatabase;
let app: TestApp;
let ann: Client;

beforeAll(async () => {
  database = await openTestDatabase('pglite');
  app = await startApp({ database });
  ann = await app.newMember();
});
afterAll(async () => {
  await app.close();
  await database.close();
  rmSync(folder, { recursive: true });
});

test('uploads of 20 MB at once pass through the server without growing its memory by their size', async () => {
  const path = join(folder, 'noise.png');
  const noise = {
    create: {
      width: 2540,
      height: 2540,
      channels: 3,
      background: 'grey',
      noise: { type: 'gaussian', mean: 128, sigma: 80 },
    },
  };
  writeFileSync(
    path,
    await sharp(noise as never)
      .png({ compressionLevel: 0 })
      .toBuffer(),
  );
  const { size } = statSync(path);
  expect(size).toBeGreaterThan(19_000_000);
  expect(await send(path, size)).toBe(201);

  const before = liveBytes();
  let most = before;
  const watch = setInterval(() => (most = Math.max(most, liveBytes())), 400);
  const statuses = await Promise.all(Array.from({ length: 3 }, () => send(path, size)));
  clearInterval(watch);
  expect(statuses).toEqual([201, 201, 201]);
  expect(most - before).toBeLessThan(1.5 * size);
  // Pictures are read one at a time, at the lowest priority, so that a busy machine takes long.
}, 120_000);

/** What is in memory and in use. */
function liveBytes(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Uploads the file from the disk, piece by piece. @returns the status */
function send(path: string, size: number): Promise<number> {
  const head = '--b\r\nContent-Disposition: form-data; name="file"; filename="noise.png"\r\n\r\n';
  const tail = '\r\n--b--\r\n';
  return new Promise((resolve, reject) => {
    const sending = request(`${app.url}/files`, {
      method: 'POST',
      headers: {
        cookie: ann.cookie,
        'content-type': 'multipart/form-data; boundary=b',
        'content-length': head.length + size + tail.length,
      },
    });
    sending.on('error', reject).on('response', (res) => resolve(res.resume().statusCode ?? 0));
    sending.write(head);
    createReadStream(path)
      .on('end', () => sending.end(tail))
      .pipe(sending, { end: false });
  });
}
