import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawPair, shuffled } from '../../src/domain/asking/blind/draw.ts';
import { standInId } from '../../src/domain/catalogue/catalogue.ts';

const models = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 3 }), { maxLength: 6 });

describe('the draw of a blind turn', () => {
  it('takes two different models that the fewest verdicts have compared', () => {
    fc.assert(
      fc.property(models, fc.array(fc.nat(3), { minLength: 36, maxLength: 36 }), (ids, counts) => {
        const verdicts = (one: string, other: string) => {
          const [first, second] = [ids.indexOf(one), ids.indexOf(other)].sort((a, b) => a - b) as [number, number];
          return counts[first * 6 + second] ?? 0;
        };
        const pairs = ids.flatMap((one, index) => ids.slice(index + 1).map((other) => verdicts(one, other)));
        const drawn = drawPair(
          ids.map((id) => ({ id })),
          verdicts,
        );
        if (pairs.length === 0) {
          expect(drawn).toBeNull();
          return;
        }
        const [one, other] = drawn as [{ id: string }, { id: string }];
        expect(one.id).not.toBe(other.id);
        expect(verdicts(one.id, other.id)).toBe(Math.min(...pairs));
      }),
    );
  });

  it('reaches every pair, in both orders', () => {
    const seen = new Set<string>();
    for (let round = 0; round < 500; round++) {
      const drawn = drawPair([{ id: 'a' }, { id: 'b' }, { id: 'c' }], () => 0);
      seen.add((drawn ?? []).map(({ id }) => id).join(''));
    }
    expect([...seen].sort()).toEqual(['ab', 'ac', 'ba', 'bc', 'ca', 'cb']);
  });

  it('shuffles to each order, and loses nothing', () => {
    const seen = new Set<string>();
    for (let round = 0; round < 500; round++) seen.add(shuffled(['a', 'b', 'c']).join(''));
    expect([...seen].sort()).toEqual(['abc', 'acb', 'bac', 'bca', 'cab', 'cba']);
  });

  it('names the lanes by letters', () => {
    expect([0, 1, 25, 26, 51, 52].map(standInId)).toEqual([
      'blind/A',
      'blind/B',
      'blind/Z',
      'blind/AA',
      'blind/AZ',
      'blind/BA',
    ]);
  });
});
