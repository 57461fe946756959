import { readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { readingHouse } from './given.ts';
import { hostileDocuments } from './hostile/documents.ts';
import type { HostileFile } from './hostile/hostile-file.ts';
import { hostileImages } from './hostile/images.ts';
import { hostilePdfs } from './hostile/pdfs.ts';
import { hostileTexts } from './hostile/texts.ts';

const { outcome: outcomeOf, read } = readingHouse();
const files: readonly HostileFile[] = [...hostileImages, ...hostileDocuments, ...hostilePdfs, ...hostileTexts];

/** What reading did to this process, which stands for the server: the most at a stretch, and for any file. */
const most = { processorMs: 0, grownBytes: 0 };

async function watched<T>(work: () => Promise<T>): Promise<T> {
  const rss = process.memoryUsage.rss();
  let before = process.cpuUsage();
  // What stands still is found by the look after it.
  const look = () => {
    const { user, system } = process.cpuUsage(before);
    before = process.cpuUsage();
    most.processorMs = Math.max(most.processorMs, (user + system) / 1_000);
    most.grownBytes = Math.max(most.grownBytes, process.memoryUsage.rss() - rss);
  };
  const looking = setInterval(look, 20);
  try {
    return await work();
  } finally {
    clearInterval(looking);
    look();
  }
}

test.each(files)('Refused or harmless: $what', { timeout: 120_000 }, async ({ bytes, name, outcome, isLong }) => {
  const given = await bytes();
  const met = await watched(() => outcomeOf(given, name));
  if (!isLong || met !== 'TIMED_OUT') expect(met).toBe(outcome);
});

test('What is kept of an image holds nothing that was hidden in it', async () => {
  for (const { bytes, name, outcome, what } of hostileImages) {
    if (!/script|HTML|archive/.test(what) || !outcome.startsWith('read as')) continue;
    const given = Buffer.from(await bytes());
    expect(given.includes('script>')).toBe(true);
    expect(readFileSync((await read(given, name)).contentPath).includes('script>')).toBe(false);
  }
});

test('The next file is read as if there had been no hostile one', async () => {
  expect(await read('Hello\n', 'a.md')).toMatchObject({ mediaType: 'text/markdown', text: 'Hello\n' });
});

test('A file that goes first is read before those that have waited for longer', async () => {
  const order: string[] = [];
  const noted = (name: string, isFirst?: boolean) =>
    read('Hello\n', name, undefined, isFirst).then(() => order.push(name));
  const others = Array.from({ length: 12 }, (_, at) => noted(`${at}.txt`));
  await Promise.all([...others, noted('made.txt', true)]);
  expect(order.indexOf('made.txt')).toBeLessThan(6);
});

// The processor's time bounds how long the event loop can have stood still, on a busy machine too.
afterAll(() => {
  console.info(`Reading took at most ${most.processorMs} ms and ${most.grownBytes / 1e6} MB of the server.`);
  expect(most.processorMs).toBeLessThan(250);
  expect(most.grownBytes).toBeLessThan(200e6);
});
