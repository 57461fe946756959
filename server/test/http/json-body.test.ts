import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import fc from 'fast-check';
import { afterAll, expect, it, vi } from 'vitest';
import { isPlainJson, JSON_ENTRIES_MAX, JsonEntries, readJsonBody } from '../../src/http/json-body.ts';
import { JsonThread } from '../../src/http/json-thread.ts';

const thread = new JsonThread();
afterAll(() => thread.close());

function limitsOf(bytesMax: number) {
  const parseLarge = (pieces: readonly Buffer[]) => thread.parse(pieces);
  return { bytesMax, trustedBytesMax: bytesMax, isTrusted: async () => true, parseLarge };
}

/**
 * Counts the entries of a parsed value: a colon for each key, a comma between two values, a bracket for each list or
 * object.
 */
function entriesOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const isList = Array.isArray(value);
  const values = Object.values(value);
  const between = Math.max(0, values.length - 1);
  return 1 + between + (isList ? 0 : values.length) + values.reduce((sum, each) => sum + entriesOf(each), 0);
}

it('JsonEntries counts the entries of any JSON, in whatever pieces it arrives, and none inside its texts', () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('"', '\\', '{', '[', ',', ':', 'ä', '字') }));
  const json = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      text,
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 5 }),
      fc.dictionary(text, tie('value'), { maxKeys: 5 }),
    ),
  })).value;
  fc.assert(
    fc.property(json, fc.integer({ min: 1, max: 9 }), fc.boolean(), (value, length, isSpaced) => {
      const bytes = Buffer.from(JSON.stringify(value, null, isSpaced ? 2 : 0));
      const entries = new JsonEntries();
      let count = 0;
      for (let start = 0; start < bytes.length; start += length)
        count = entries.add(bytes.subarray(start, start + length));
      expect(count).toBe(entriesOf(JSON.parse(bytes.toString())));
    }),
    { numRuns: 500 },
  );
});

it('isPlainJson accepts the longest prompt with any characters, and refuses JSON that takes seconds to parse', () => {
  for (const character of ['"', '\\', '{', ',', '\u0001', '字']) {
    expect(isPlainJson(Buffer.from(JSON.stringify({ prompt: character.repeat(500_000) })))).toBe(true);
  }
  for (const piece of ['[],', '{},', '1,', '"",', '[']) {
    expect(isPlainJson(Buffer.from(`[${piece.repeat(JSON_ENTRIES_MAX)}`))).toBe(false);
  }
});

it('readJsonBody reads a body as it was sent, in whatever pieces it arrives', async () => {
  const read = (bytes: Buffer, length: number) => {
    const req = new IncomingMessage(new Socket());
    for (let start = 0; start < bytes.length; start += length) req.push(bytes.subarray(start, start + length));
    req.push(null);
    return readJsonBody(req, limitsOf(1_000_000));
  };
  const unit = fc.constantFrom('a', 'ä', '字', '🔥', '"', '\\');
  await fc.assert(
    fc.asyncProperty(fc.string({ unit }), fc.integer({ min: 1, max: 9 }), async (value, length) => {
      expect(await read(Buffer.from(JSON.stringify(value)), length)).toEqual({ value });
    }),
  );
  // The first length gives more pieces than are kept apart, the second gives pieces as large as those of sockets.
  const value = '字🔥'.repeat(20_000);
  for (const length of [3, 65_536]) expect(await read(Buffer.from(JSON.stringify(value)), length)).toEqual({ value });
});

it('readJsonBody parses a large body in another thread, and a small one itself', async () => {
  const parse = vi.spyOn(JSON, 'parse');
  const read = (body: string) => {
    const req = new IncomingMessage(new Socket());
    req.push(body);
    req.push(null);
    return readJsonBody(req, limitsOf(8 * 1024 * 1024));
  };
  const values = ['\u0001'.repeat(1_000_000), '字🔥"\\'.repeat(100_000), { ['__proto__']: 'x'.repeat(300_000) }];
  const answers = await Promise.all(values.map((value) => read(JSON.stringify(value))));
  expect(answers).toEqual(values.map((value) => ({ value })));
  expect(await read('x'.repeat(300_000))).toMatchObject({ refused: 'malformed' });
  expect(parse).not.toHaveBeenCalled();
  expect(await read('{"a":1}')).toEqual({ value: { a: 1 } });
  expect(parse).toHaveBeenCalledOnce();
  parse.mockRestore();
});

it('JsonThread gives no value for a text that is nested too deeply, and still parses the next text', async () => {
  const depth = 200_000;
  const nested = Buffer.from(`${'['.repeat(depth)}${']'.repeat(depth)}`);
  const answers = [thread.parse([nested]), thread.parse([Buffer.from('7')])];
  expect(await Promise.all(answers)).toEqual([[], [7]]);
});

it('JsonThread rejects waiting texts when it is closed, and parses the next text in a new thread', async () => {
  const waiting = thread.parse([Buffer.from('1')]);
  const closed = thread.close();
  await expect(waiting).rejects.toThrow('was closed');
  expect(await thread.parse([Buffer.from('2')])).toEqual([2]);
  await closed;
});
