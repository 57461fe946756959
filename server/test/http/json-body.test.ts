import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import fc from 'fast-check';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { BodyAllowance } from '../../src/http/body-allowance.ts';
import { isPlainJson, JSON_ENTRIES_MAX, JsonEntries, readJsonBody } from '../../src/http/json-body.ts';
import { JsonThread } from '../../src/http/json-thread.ts';

const thread = new JsonThread();
afterAll(() => thread.close());

function limitsOf(bytesMax: number) {
  const parseLarge = (pieces: readonly Buffer[]) => thread.parse(pieces);
  const allowance = new BodyAllowance();
  return { bytesMax, memberBytesMax: bytesMax, allowance, findMemberId: async () => 'ann', parseLarge };
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

describe('the allowance for large bodies', () => {
  const large = 600;
  const text = JSON.stringify('x'.repeat(large - 2));
  /** Begins to read a body of which nothing has come. */
  function begin(allowance: BodyAllowance, memberId: string | null, declared: number | null = large) {
    const req = new IncomingMessage(new Socket());
    if (declared !== null) req.headers['content-length'] = String(declared);
    const parseLarge = (pieces: readonly Buffer[]) => thread.parse(pieces);
    const findMemberId = async () => memberId;
    const limits = { bytesMax: 100, memberBytesMax: 1000, allowance, findMemberId, parseLarge };
    const read = readJsonBody(req, limits);
    return {
      req,
      read,
      send: (piece = text) => {
        req.push(piece);
        req.push(null);
        return read;
      },
    };
  }
  const newAllowance = () => new BodyAllowance({ bytesMax: 1500, bytesOfMemberMax: 900 });
  const crowded = { refused: 'crowded', bytesMax: 1000 };

  it('is one for all bodies of a member, and given back when a body is parsed', async () => {
    const allowance = newAllowance();
    const [first, second] = [begin(allowance, 'ann'), begin(allowance, 'ann')];
    expect(await second.read).toEqual(crowded);
    expect(await first.send()).toHaveProperty('value');
    expect(await begin(allowance, 'ann').send()).toHaveProperty('value');
  });

  it('is one for the process', async () => {
    const allowance = newAllowance();
    const open = ['ann', 'ben'].map((memberId) => begin(allowance, memberId));
    await new Promise(setImmediate);
    const third = begin(allowance, 'cleo', 700);
    expect(await third.read).toEqual(crowded);
    for (const { send } of open) expect(await send()).toHaveProperty('value');
    expect(await begin(allowance, 'cleo').send()).toHaveProperty('value');
  });

  it('is taken as a body grows that does not tell its length, and given back when its client is gone', async () => {
    const allowance = newAllowance();
    const open = begin(allowance, 'ann', null);
    open.req.push(text);
    await new Promise(setImmediate);
    expect(await begin(allowance, 'ann', null).send()).toEqual(crowded);
    open.req.destroy(new Error('The client is gone.'));
    await expect(open.read).rejects.toThrow('gone');
    expect(await begin(allowance, 'ann', null).send()).toHaveProperty('value');
  });

  it('is not asked for a body that anybody may send, nor for one that is too long', async () => {
    const allowance = new BodyAllowance({ bytesMax: 0, bytesOfMemberMax: 0 });
    expect(await begin(allowance, 'ann', null).send('[1]')).toEqual({ value: [1] });
    expect(await begin(allowance, 'ann', 1001).read).toEqual({ refused: 'large', bytesMax: 1000 });
    expect(await begin(allowance, null).read).toEqual({ refused: 'large', bytesMax: 100 });
  });
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
