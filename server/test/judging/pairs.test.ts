import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../src/domain/ground/errors.ts';
import { bestOf, validTopic } from '../../src/domain/judging/ballot.ts';
import { comparedPairs } from '../../src/domain/judging/compared-pairs.ts';
import { letterOf } from '../../src/domain/judging/contestants.ts';

const flags = fc.array(fc.boolean(), { minLength: 2, maxLength: 8 });

describe('the pairs of a verdict', () => {
  it('count one in all, and give each of the best an equal share of being chosen before all others', () => {
    fc.assert(
      fc.property(
        flags.filter((best) => best.includes(true)),
        (best) => {
          const contestants = best.map((isBest, lane) => ({ best: isBest, lane }));
          const count = best.filter(Boolean).length;
          const pairs = comparedPairs(count === 1 ? 'BEST' : 'TIE', contestants);
          expect(pairs.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
          const won = best.map((_flag, lane) =>
            pairs.reduce((sum, { a, b, score, weight }) => {
              if (a.lane === lane) return sum + (score ?? 0) * weight;
              return b.lane === lane ? sum + (1 - (score ?? 1)) * weight : sum;
            }, 0),
          );
          for (const [lane, isBest] of best.entries()) expect(won[lane]).toBeCloseTo(isBest ? 1 / count : 0, 12);
          const compared = pairs.map(({ a, b }) => [a.lane, b.lane].sort().join());
          expect(new Set(compared).size).toBe(compared.length);
        },
      ),
    );
  });

  it('count nothing if all answers are bad, and name every answer', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 8 }), (count) => {
        const contestants = Array.from({ length: count }, (_none, lane) => ({ best: false, lane }));
        const pairs = comparedPairs('ALL_BAD', contestants);
        expect(pairs.every(({ weight, score }) => weight === 0 && score === null)).toBe(true);
        expect(new Set(pairs.flatMap(({ a, b }) => [a.lane, b.lane])).size).toBe(count);
      }),
    );
  });
});

describe('a ballot', () => {
  it('says which of the compared answers are best, as many as its kind has, or is refused', () => {
    const compared = ['a', 'b', 'c'];
    const named = fc.option(fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 5 }), { nil: undefined });
    fc.assert(
      fc.property(fc.constantFrom('BEST', 'TIE', 'ALL_BAD'), named, (kind, bestResponseIds) => {
        try {
          const best = bestOf({ kind, bestResponseIds }, compared);
          expect(new Set(best).size).toBe(best.length);
          expect(compared).toEqual(expect.arrayContaining(best));
          expect([kind, best.length]).toEqual([kind, { BEST: 1, TIE: Math.max(best.length, 2), ALL_BAD: 0 }[kind]]);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidInputError);
        }
      }),
    );
  });

  it('has the same topic however it is written, in a form that stays as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        let topic: string | null;
        try {
          topic = validTopic(text);
        } catch (error) {
          return expect(error).toBeInstanceOf(InvalidInputError);
        }
        expect(topic === null || (topic.length > 0 && topic.length <= 80)).toBe(true);
        expect(validTopic(topic)).toBe(topic);
      }),
    );
    expect(validTopic(' Ärzte\u0000 und  LÖWEN ')).toBe('ärzte und löwen');
  });
});

it('a lane has a letter of its own', () => {
  expect([0, 1, 25, 26, 27, 51, 52].map(letterOf)).toEqual(['A', 'B', 'Z', 'AA', 'AB', 'AZ', 'BA']);
});
