import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadAuthSecret } from '../../src/config/auth-secret.ts';

let dataDir: string;
let logged: { level: number; msg: string }[];
beforeEach(() => {
  dataDir = join(mkdtempSync(join(tmpdir(), 'polylogue-secret-')), 'data');
  logged = [];
});
afterEach(() => rmSync(join(dataDir, '..'), { recursive: true }));

function load(options: { configured?: string; shared?: boolean } = {}): string {
  const log = pino({}, { write: (line) => logged.push(JSON.parse(line)) });
  return loadAuthSecret({ configured: options.configured ?? null, dataDir, shared: options.shared ?? false, log });
}

it('a generated secret is created once, kept, and readable by its owner only', () => {
  const secret = load();
  expect(secret).toMatch(/^[\w-]{43}$/);
  expect(load()).toBe(secret);
  expect(readFileSync(join(dataDir, 'auth-secret'), 'utf8').trim()).toBe(secret);
  expect(statSync(join(dataDir, 'auth-secret')).mode & 0o777).toBe(0o600);
  expect(statSync(dataDir).mode & 0o777).toBe(0o700);
  expect(readdirSync(dataDir)).toEqual(['auth-secret']);
  expect(logged).toEqual([]);
});

it('a configured secret is used, and is not written to the data folder', () => {
  expect(load({ configured: 'from the environment', shared: true })).toBe('from the environment');
  expect(() => statSync(dataDir)).toThrow('ENOENT');
  expect(logged).toEqual([]);
});

it('a generated secret on a shared database causes a warning', () => {
  load({ shared: true });
  expect(logged).toMatchObject([{ level: 40, msg: expect.stringContaining('AUTH_SECRET') }]);
});

it('a truncated secret is refused', () => {
  load();
  chmodSync(join(dataDir, 'auth-secret'), 0o600);
  writeFileSync(join(dataDir, 'auth-secret'), '\n');
  expect(() => load()).toThrow('less than 32 characters');
});
