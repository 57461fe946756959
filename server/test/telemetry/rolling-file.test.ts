import { mkdtempSync, readdirSync, readFileSync, rmSync, unlinkSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { RollingFile } from '../../src/telemetry/rolling-file.ts';

let folder: string;
let now: number;
const noon = Date.parse('2026-11-29T12:00:00Z');
const day = 86_400_000;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'polylogue-rolling-'));
  now = noon;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = (options = {}) => new RollingFile({ folder, name: 'app', now: () => now, ...options });
const files = () => readdirSync(folder).sort();
const read = (file: string) => readFileSync(join(folder, file), 'utf8');

it('a new day begins a new file, and the old lines are found under their own day', () => {
  const file = open();
  file.write('first\n');
  now += day;
  file.write('second\n');
  file.write('third\n');
  expect(files()).toEqual(['app.2026-11-29.1.log', 'app.log']);
  expect([read('app.2026-11-29.1.log'), read('app.log')]).toEqual(['first\n', 'second\nthird\n']);
});

it('a full file is rolled, and only the newest are kept beside it', () => {
  const file = open({ bytesMax: 10, keptMax: 3 });
  for (let line = 10; line < 30; line++) file.write(`line ${line}\n`);
  expect(files()).toEqual(['app.2026-11-29.17.log', 'app.2026-11-29.18.log', 'app.2026-11-29.19.log', 'app.log']);
  expect(read('app.log')).toBe('line 29\n');
});

it('a process that was killed and started again goes on with its file, and rolls what is of an earlier day', () => {
  open().write('before\n');
  utimesSync(join(folder, 'app.log'), now / 1000, now / 1000);
  open().write('after\n');
  expect(read('app.log')).toBe('before\nafter\n');
  utimesSync(join(folder, 'app.log'), now / 1000, now / 1000);
  now += 3 * day;
  open().write('later\n');
  expect([read('app.2026-11-29.1.log'), read('app.log')]).toEqual(['before\nafter\n', 'later\n']);
});

it('two processes in one folder lose no line when one of them rolls', () => {
  const [one, other] = [open({ bytesMax: 12 }), open({ bytesMax: 12 })];
  const lines = Array.from({ length: 20 }, (_, index) => `line ${index}\n`);
  for (const [index, line] of lines.entries()) (index % 2 === 0 ? one : other).write(line);
  expect(files().map(read).join('').split('\n').filter(Boolean).sort()).toEqual(lines.map((l) => l.trim()).sort());
});

it('a file that cannot be written is told once on standard error, and lines come again when it can', () => {
  const told = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const file = open();
  file.write('kept\n');
  rmSync(folder, { recursive: true });
  now += day;
  file.write('lost\n');
  file.write('lost too\n');
  expect(told).toHaveBeenCalledTimes(1);
  expect(told.mock.lastCall?.[0]).toContain('app.log cannot be written');
  folder = mkdtempSync(join(tmpdir(), 'polylogue-rolling-'));
  const next = open();
  next.write('again\n');
  unlinkSync(join(folder, 'app.log'));
  now += day;
  next.write('and again\n');
  expect(read('app.log')).toBe('and again\n');
  told.mockRestore();
});

it('a closed file takes no more lines', () => {
  const file = open();
  file.write('kept\n');
  file.close();
  file.write('late\n');
  expect(read('app.log')).toBe('kept\n');
});
