import fc from 'fast-check';
import { expect, it } from 'vitest';
import { toJsonPieces } from '../../src/graphql/delivery/json-pieces.ts';

async function written(value: object): Promise<Buffer[]> {
  const pieces: Buffer[] = [];
  for await (const piece of toJsonPieces(value)) pieces.push(piece);
  return pieces;
}

it('toJsonPieces writes any value as JSON.stringify does, whatever its keys and texts', async () => {
  const { value } = fc.letrec((tie) => ({
    leaf: fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.double(),
      fc.boolean(),
      fc.constantFrom(null, undefined, new Date(0), new Error('without keys'), () => 1, '\ud800'),
    ),
    value: fc.oneof(
      { depthSize: 'medium' },
      tie('leaf'),
      fc.array(tie('value')),
      fc.dictionary(fc.string({ unit: 'binary' }), tie('value'), { noNullPrototype: false }),
    ),
  }));
  await fc.assert(
    fc.asyncProperty(value, async (data) => {
      const result = { data, extensions: undefined };
      expect(Buffer.concat(await written(result)).toString()).toBe(Buffer.from(JSON.stringify(result)).toString());
    }),
  );
});

it.each([0, 1, 2, 3, 4, 5])('toJsonPieces cuts no character of a long text apart, after %i others', async (before) => {
  const result = { data: { ['"'.repeat(70_000)]: `${'a'.repeat(before)}${'😀"\n\ud83d'.repeat(60_000)}` } };
  const bytes = Buffer.concat(await written(result));
  expect(bytes.equals(Buffer.from(JSON.stringify(result)))).toBe(true);
});

it('toJsonPieces writes pieces of limited size, each in its own turn of the event loop', async () => {
  let turn = 0;
  const count = () => {
    turn += 1;
    counting = setImmediate(count);
  };
  let counting = setImmediate(count);
  const result = { data: Array.from({ length: 200 }, (_, index) => ({ index, text: '字"'.repeat(2000) })) };
  const turns = new Set<number>();
  const lengths: number[] = [];
  await Promise.all(
    [1, 2, 3].map(async () => {
      for await (const piece of toJsonPieces(result)) {
        turns.add(turn);
        lengths.push(piece.length);
      }
    }),
  );
  clearImmediate(counting);
  expect(lengths.reduce((sum, length) => sum + length)).toBe(3 * Buffer.byteLength(JSON.stringify(result)));
  expect(Math.max(...lengths)).toBeLessThan(4 * 65_536);
  // Only the last piece of each value may come in the turn of the piece before.
  expect(turns.size).toBeGreaterThanOrEqual(lengths.length - 3);
});
