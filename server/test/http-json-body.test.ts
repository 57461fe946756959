import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isPlainJson, JSON_ENTRIES_MAX, JsonEntries, readJsonBody } from '../src/http/json-body.ts';

/** What JSON.parse makes of it, counted afterwards: a colon for each key, a comma between two, a bracket for each. */
function entriesOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const isList = Array.isArray(value);
  const values = Object.values(value);
  const between = Math.max(0, values.length - 1);
  return 1 + between + (isList ? 0 : values.length) + values.reduce((sum, each) => sum + entriesOf(each), 0);
}

it('counts the entries of any JSON, in whatever pieces it arrives, and none in its texts', () => {
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

it('lets the longest prompt through, whatever is in it, and stops at what takes seconds to parse', () => {
  for (const character of ['"', '\\', '{', ',', '\u0001', '字']) {
    expect(isPlainJson(Buffer.from(JSON.stringify({ prompt: character.repeat(500_000) })))).toBe(true);
  }
  for (const piece of ['[],', '{},', '1,', '"",', '[']) {
    expect(isPlainJson(Buffer.from(`[${piece.repeat(JSON_ENTRIES_MAX)}`))).toBe(false);
  }
});

it('reads a body as it was sent, in whatever pieces it arrives', async () => {
  const limits = { bytesMax: 1_000_000, trustedBytesMax: 1_000_000, isTrusted: async () => false };
  const read = (bytes: Buffer, length: number) => {
    const req = new IncomingMessage(new Socket());
    for (let start = 0; start < bytes.length; start += length) req.push(bytes.subarray(start, start + length));
    req.push(null);
    return readJsonBody(req, limits);
  };
  const unit = fc.constantFrom('a', 'ä', '字', '🔥', '"', '\\');
  await fc.assert(
    fc.asyncProperty(fc.string({ unit }), fc.integer({ min: 1, max: 9 }), async (value, length) => {
      expect(await read(Buffer.from(JSON.stringify(value)), length)).toEqual({ value });
    }),
  );
  // More pieces than are kept apart, and pieces as large as sockets hand them over.
  const value = '字🔥'.repeat(20_000);
  for (const length of [3, 65_536]) expect(await read(Buffer.from(JSON.stringify(value)), length)).toEqual({ value });
});

it('parses large bodies that end together in turns of the event loop of their own', async () => {
  const bytesMax = 8 * 1024 * 1024;
  const limits = { bytesMax, trustedBytesMax: bytesMax, isTrusted: async () => true };
  let turn = 0;
  const count = () => {
    turn += 1;
    counting = setImmediate(count);
  };
  let counting = setImmediate(count);
  const turns = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const req = new IncomingMessage(new Socket());
      req.push(JSON.stringify('x'.repeat(1_000_000)));
      req.push(null);
      expect(await readJsonBody(req, limits)).toHaveProperty('value');
      return turn;
    }),
  );
  clearImmediate(counting);
  expect(new Set(turns).size).toBe(4);
});
