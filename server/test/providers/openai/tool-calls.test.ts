import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PartSink } from '../../../src/providers/model-parts.ts';
import { type ChatToolCall, ToolCalls } from '../../../src/providers/openai/tool-calls.ts';
import { type AnsweredCall, takeCall } from '../answers.ts';

/** The calls in these deltas, each a list of entries. */
function read(deltas: readonly (readonly ChatToolCall[])[]): AnsweredCall[] {
  const found: AnsweredCall[] = [];
  const calls = new ToolCalls(new PartSink(new AbortController().signal, (part) => takeCall(part, found)));
  for (const entries of deltas) calls.take(entries);
  calls.end();
  return found;
}

/** Names and arguments; each id is unlike the others. */
function told(deltas: readonly (readonly ChatToolCall[])[]): string[] {
  const found = read(deltas);
  expect(new Set(found.map(({ id }) => id)).size).toBe(found.length);
  return found.map((call) => `${call.name} ${call.arguments}`);
}

const fn = (name: string | undefined, json?: string) => ({ function: { name, arguments: json } });

describe('the pieces of tool calls', () => {
  it.each<[string, ChatToolCall[][], string[]]>([
    ['count from 1', [[{ index: 1, id: 'a', ...fn('f', '{') }], [{ index: 1, ...fn(undefined, '}') }]], ['f {}']],
    [
      'skip an index',
      [[{ index: 0, id: 'a', ...fn('f', '{}') }], [{ index: 4, id: 'b', ...fn('g', '{}') }]],
      ['f {}', 'g {}'],
    ],
    [
      'have their index in a string',
      [[{ index: '0', id: 'a', ...fn('f', '{') }], [{ index: 0, ...fn(undefined, '}') }]],
      ['f {}'],
    ],
    [
      'have no index, and an id in the first piece',
      [[{ id: 'a', ...fn('f', '') }], [fn(undefined, '{}')], [{ id: 'b', ...fn('g', '{') }], [fn(undefined, '}')]],
      ['f {}', 'g {}'],
    ],
    [
      'have no index, and their id in every piece',
      [
        [{ id: 'a', ...fn('f', '{') }],
        [{ id: 'b', ...fn('g', '[') }],
        [{ id: 'a', ...fn(undefined, '}') }],
        [{ id: 'b', ...fn(undefined, ']') }],
      ],
      ['f {}', 'g []'],
    ],
    [
      'have an index only after the first piece',
      [[{ id: 'a', ...fn('f', '{') }], [{ index: 0, ...fn(undefined, '}') }]],
      ['f {}'],
    ],
    [
      'have all the same index, and other ids',
      [
        [{ index: 0, id: 'a', ...fn('f', '') }],
        [{ index: 0, ...fn(undefined, '{"a":1}') }],
        [{ index: 0, id: 'b', ...fn('f', '') }],
        [{ index: 0, ...fn(undefined, '{"a":2}') }],
      ],
      ['f {"a":1}', 'f {"a":2}'],
    ],
    [
      'have all the same index, and no ids',
      [
        [{ index: 0, id: '', ...fn('f', '{"a":1}') }],
        [{ index: 0, id: '', ...fn('f', '{"a":2}') }],
        [{ index: 0, id: '', ...fn('g', '{}') }],
      ],
      ['f {"a":1}', 'f {"a":2}', 'g {}'],
    ],
    ['have nothing but name and arguments', [[fn('f', '{"a":1}')], [fn('f', '{"a":2}')]], ['f {"a":1}', 'f {"a":2}']],
    [
      'come together with nothing but name and arguments',
      [
        [fn('f', '{"a"'), fn('f', '{"b"')],
        [fn(undefined, ':1}'), fn(undefined, ':2}')],
      ],
      ['f {"a":1}', 'f {"b":2}'],
    ],
    [
      'have all the same id',
      [
        [{ index: 0, id: 'a', ...fn('f', '{"a":1}') }],
        [{ index: 1, id: 'a', ...fn('f', '') }],
        [{ index: 1, id: 'a', ...fn(undefined, '{"a":2}') }],
      ],
      ['f {"a":1}', 'f {"a":2}'],
    ],
    [
      'repeat id and name each time',
      [
        [{ index: 0, id: 'a', ...fn('f', '{"a"') }],
        [{ index: 0, id: 'a', ...fn('f', ':1}') }],
        [{ index: 0, id: 'a', ...fn('f', '') }],
      ],
      ['f {"a":1}'],
    ],
    [
      'repeat the name each time, and have no id',
      [[{ index: 0, ...fn('f', '{"a"') }], [{ index: 0, ...fn('f', ':1}') }], [{ index: 0, ...fn('f', '') }]],
      ['f {"a":1}'],
    ],
    [
      'have another id each time',
      [
        [{ index: 0, id: 'a', ...fn('f', '') }],
        [{ index: 0, id: 'b', ...fn(undefined, '{"a"') }],
        [{ index: 0, id: 'c', ...fn(undefined, ':1}') }],
      ],
      ['f {"a":1}'],
    ],
    [
      'have another index each time',
      [
        [{ index: 0, id: 'a', ...fn('f', '{') }],
        [{ index: 1, id: 'a', ...fn('f', '"a"') }],
        [{ index: 1, ...fn(undefined, ':1}') }],
      ],
      ['f {"a":1}'],
    ],
    [
      'repeat the whole call',
      [[{ index: 0, id: 'a', ...fn('f', '{"a":1}') }], [{ index: 0, id: 'a', ...fn('f', '{"a":1}') }]],
      ['f {"a":1}'],
    ],
    [
      'have arguments that are no string',
      [[{ index: 0, id: 'a', function: { name: 'f', arguments: { a: 1 } } }]],
      ['f {"a":1}'],
    ],
    [
      'have their name last',
      [
        [{ index: 0, id: 'a', ...fn(undefined, '{"a"') }],
        [{ index: 0, ...fn(undefined, ':1') }],
        [{ index: 0, ...fn('f', '}') }],
      ],
      ['f {"a":1}'],
    ],
    [
      'never have a name',
      [[{ index: 0, id: 'a', ...fn(undefined, '{}') }], [{ index: 1, id: 'b', ...fn('g', '{}') }]],
      ['g {}'],
    ],
  ])('are put together if they %s', (_name, deltas, expected) => {
    expect(told(deltas)).toEqual(expected);
  });

  it('keep the id that comes with the name or before it', () => {
    expect(read([[{ index: 0, id: 'a', ...fn(undefined, '{') }], [{ index: 0, ...fn('f', '}') }]])[0]?.id).toBe('a');
    expect(read([[{ index: 0, ...fn(undefined, '{') }], [{ index: 0, id: 'a', ...fn('f', '}') }]])[0]?.id).toBe('a');
    expect(read([[{ index: 0, id: 17, ...fn('f', '{}') }]])[0]?.id).toBe('17');
  });

  it('keep a signature that comes before the name', () => {
    const signed = { extra_content: { google: { thought_signature: 'c2ln' } } };
    expect(read([[{ index: 0, id: 'a', ...signed }], [{ index: 0, ...fn('f', '{}') }]])).toEqual([
      { id: 'a', name: 'f', arguments: '{}', signature: 'c2ln' },
    ]);
  });
});

const texts = fc.oneof(fc.string(), fc.constantFrom('}', '{', ']', '"', '\\', '\\"', '}{', '👩‍🚀', '"}'));
const { args } = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, texts, fc.integer(), fc.constant(null), fc.array(tie('value')), tie('args')),
  args: fc.dictionary(texts, tie('value'), { maxKeys: 4 }),
}));
const json = fc
  .tuple(args, fc.constantFrom(undefined, 1))
  .map(([value, indent]) => JSON.stringify(value, null, indent));
const names = fc.constantFrom('look', 'wait');

/** Cuts the text at these places. */
function cut(whole: string, places: readonly number[]): string[] {
  const ends = [...new Set(places.map((place) => place % (whole.length + 1)))].sort((a, b) => a - b);
  return [...ends, whole.length].map((end, index) => whole.slice(index === 0 ? 0 : ends[index - 1], end));
}

const cutCalls = fc.array(fc.record({ name: names, json, cuts: fc.array(fc.nat(400), { maxLength: 8 }) }), {
  minLength: 1,
  maxLength: 5,
});

/** How providers tell calls apart: what the first piece of a call has beside its name, and what each later one has. */
const manners: Record<string, (call: number) => { first: ChatToolCall; later: ChatToolCall }> = {
  'an index': (call) => ({ first: { index: call, id: `id-${call}` }, later: { index: call } }),
  'an index from 1': (call) => ({ first: { index: call + 1, id: `id-${call}` }, later: { index: call + 1 } }),
  'an index alone': (call) => ({ first: { index: call }, later: { index: call } }),
  'an id in each piece': (call) => ({ first: { id: `id-${call}` }, later: { id: `id-${call}` } }),
};
const mannersInTurn: typeof manners = {
  ...manners,
  'an index and one id for all': (call) => ({ first: { index: call, id: 'id' }, later: { index: call } }),
  'an id in the first piece': (call) => ({ first: { id: `id-${call}` }, later: {} }),
  'an id in the first piece, and one index for all': (call) => ({
    first: { index: 0, id: `id-${call}` },
    later: { index: 0 },
  }),
};

describe('tool calls whose arguments are cut anywhere', () => {
  const piecesOf = (
    call: { name: string; json: string; cuts: number[] },
    { first, later }: ReturnType<(typeof manners)[string]>,
  ) =>
    cut(call.json, call.cuts).map((piece, place) =>
      place === 0 ? { ...first, ...fn(call.name, piece) } : { ...later, ...fn(undefined, piece) },
    );
  const expected = (calls: { name: string; json: string }[]) => calls.map((call) => `${call.name} ${call.json}`);

  it.each(Object.entries(mannersInTurn))('come out whole, one after the other, with %s', (_name, manner) => {
    fc.assert(
      fc.property(cutCalls, (calls) => {
        const pieces = calls.flatMap((call, number) => piecesOf(call, manner(number)));
        expect(told(pieces.map((piece) => [piece]))).toEqual(expected(calls));
      }),
    );
  });

  it.each(Object.entries(manners))('come out whole, mixed, with %s', (_name, manner) => {
    fc.assert(
      fc.property(cutCalls, fc.array(fc.nat(4), { maxLength: 40 }), (calls, order) => {
        const queues = calls.map((call, number) => piecesOf(call, manner(number)));
        // All calls begin in their order, then their pieces come in any order.
        const begun = queues.flatMap((queue) => queue.splice(0, 1));
        const mixed = order.flatMap((number) => queues[number % queues.length]?.splice(0, 1) ?? []);
        const pieces = [...begun, ...mixed, ...queues.flat()];
        expect(told(pieces.map((piece) => [piece]))).toEqual(expected(calls));
      }),
    );
  });
});
