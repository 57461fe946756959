import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listen } from '../src/listen.ts';
import { makeDataFolder } from './setup/describe-databases.ts';
import { startProcess } from './setup/process.ts';

describe('a server start', () => {
  const folder = mkdtempSync(join(tmpdir(), 'polylogue-start-'));
  beforeAll(() => {
    writeFileSync(join(folder, 'file'), '');
    makeDataFolder(join(folder, 'data'));
  });
  afterAll(() => {
    chmodSync(folder, 0o700);
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([
    [{ DATA_DIR: join(folder, 'file') }, /DATA_DIR is ".*file", which is no folder that can be written to \(EEXIST\)/],
    [{ LOG_DIR: join(folder, 'file') }, /LOG_DIR is ".*file", which is no folder/],
    [
      { HOST: '203.0.113.7' },
      /HOST is "203\.0\.113\.7" and PORT is "0": listening there is not possible \(EADDRNOTAVAIL\)/,
    ],
  ])('fails with %j, and the error names the setting', { timeout: 60_000 }, async (env, message) => {
    const { ended, output } = startProcess(
      'src/main.ts',
      [],
      { DATA_DIR: join(folder, 'data'), PORT: '0', ...env },
      folder,
    );
    expect(await ended).toBe(1);
    expect(output()).toMatch(message);
    expect(output()).not.toMatch(/^ +at /m);
  });

  it('fails on a taken port, and the error names the port', async () => {
    const first = createServer();
    const port = await listen(first, { host: '127.0.0.1', port: 0 });
    await expect(listen(createServer(), { host: '127.0.0.1', port })).rejects.toThrow(
      `PORT is "${port}": another program listens there`,
    );
    first.close();
  });
});
