import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type DrawableTurn, drawnOf, openedOf } from './drawn-row.ts';

const turn = (id: string, length: number): DrawableTurn => ({
  id,
  prompt: '',
  responses: [{ text: 'x'.repeat(length), reasoning: '' }],
});
const turns = fc
  .array(fc.nat({ max: 40_000 }), { minLength: 1, maxLength: 12 })
  .map((lengths) => lengths.map((length, index) => turn(`${index}`, length)));
const keysOf = (shown: readonly DrawableTurn[]) => shown.map(({ id }) => id);

test('the turns of a conversation are drawn from the opened one on, without a gap, until all are', () => {
  fc.assert(
    fc.property(turns, fc.nat(), (shown, place) => {
      const openedAt = shown[place % shown.length]?.id ?? null;
      const keys = keysOf(shown);
      let held = new Set<string>();
      for (let steps = 0; held.size < shown.length; steps += 1) {
        const [first, end] = drawnOf(shown, keys, { held, openedAt, extends: steps > 0 });
        const drawn = keys.slice(first, end);
        expect(drawn).toContain(openedAt);
        expect(drawn).toEqual(expect.arrayContaining([...held]));
        expect(drawn.length).toBeGreaterThan(held.size);
        held = new Set(drawn);
      }
    }),
  );
});

test('a page that is drawn again shows no less, and a new prompt at once', () => {
  fc.assert(
    fc.property(turns, (shown) => {
      const [first, end] = drawnOf(shown, keysOf(shown), { held: new Set(), openedAt: null, extends: false });
      const held = new Set(keysOf(shown).slice(first, end));
      const asked = [...shown, turn('new', 10)];
      expect(drawnOf(asked, keysOf(asked), { held, openedAt: null, extends: false })).toEqual([first, asked.length]);
    }),
  );
});

test('another branch is drawn whole, and turns that left the page change nothing', () => {
  const shown = ['a', 'b', 'c', 'd'].map((id) => turn(id, 30_000));
  const of = (held: string[], now: readonly DrawableTurn[]) =>
    drawnOf(now, keysOf(now), { held: new Set(held), openedAt: null, extends: false });
  expect(of(['a', 'x'], shown)).toEqual([0, 4]);
  expect(of(['a', 'b', 'c', 'd'], shown.slice(2))).toEqual([0, 2]);
});

test('a conversation opens at its newest turn, unless it has the one that the address names', () => {
  const shown = ['a', 'b', 'c'].map((id) => turn(id, 1));
  expect(openedOf(shown, 'b')).toEqual([1, 2]);
  expect(openedOf(shown, 'gone')).toEqual([2, 3]);
  expect(openedOf([], null)).toEqual([0, 0]);
});
