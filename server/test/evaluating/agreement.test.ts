import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agreementOf, sharesOf } from '../../src/domain/judging/agreement.ts';
import { chanceFrom } from '../judging/boards/simulated-team.ts';

function answersOf(table: readonly (readonly number[])[]): [string, string][] {
  return table.flatMap((row, one) =>
    row.flatMap((count, other) => Array.from({ length: count }, (): [string, string] => [`${one}`, `${other}`])),
  );
}

describe('the agreement of two judges', () => {
  it('is that of the textbook: Fleiss, Statistical Methods for Rates and Proportions, table 18.1', () => {
    const answers = answersOf([
      [75, 1, 4],
      [5, 4, 1],
      [0, 0, 10],
    ]);
    const { count, agreed, kappa } = agreementOf(answers);
    expect({ count, agreed }).toEqual({ count: 100, agreed: 0.89 });
    expect(kappa).toBeCloseTo(0.6765, 4);
    // Its standard error there is 0.087.
    expect(sharesOf(answers).deviation).toBeCloseTo(0.0877, 3);
  });

  it('of two by two answers is Cohen’s 0.4, and its deviation that of the jackknife', () => {
    const answers = answersOf([
      [20, 5],
      [10, 15],
    ]);
    const { kappa } = agreementOf(answers);
    expect(kappa).toBeCloseTo(0.4, 10);
    const without = answers.map((_, index) => Number(agreementOf(answers.toSpliced(index, 1)).kappa));
    const mean = without.reduce((sum, one) => sum + one, 0) / without.length;
    const squares = without.reduce((sum, one) => sum + (one - mean) ** 2, 0);
    const deviation = Math.sqrt((squares * (without.length - 1)) / without.length);
    expect(sharesOf(answers).deviation / deviation).toBeCloseTo(1, 1);
  });

  it('has an interval that covers the truth in 93 of 100 cases, also of few things and of judges who nearly always agree', () => {
    const chance = chanceFrom(22);
    for (const [shares, kappa, count] of [
      [[0.4, 0.4, 0.2], 0.6, 10],
      [[0.5, 0.5], 0.9, 20],
      [[0.8, 0.15, 0.05], 0.6, 20],
      [[0.4, 0.4, 0.2], 0.3, 50],
    ] as const) {
      const draw = () => {
        const drawn = chance.even();
        const upTo = (place: number) => shares.slice(0, place + 1).reduce((sum, share) => sum + share, 0);
        return `${shares.findIndex((_, place) => drawn < upTo(place))}`;
      };
      // Whoever repeats the other's answer in so many cases, and else gives one of their own, has this kappa.
      const answers = () => {
        const one = draw();
        return [one, chance.even() < kappa ? one : draw()] as const;
      };
      const runs = Array.from({ length: 1000 }, () => agreementOf(Array.from({ length: count }, answers)));
      const defined = runs.filter(({ low, high }) => low !== null && high !== null);
      const covered = defined.filter(({ low, high }) => Number(low) <= kappa && kappa <= Number(high));
      expect(covered.length / defined.length).toBeGreaterThan(0.93);
    }
  });

  it('is 1 if they always agree, not defined if nothing could differ, and always within its bounds', () => {
    const two = agreementOf([
      ['A', 'A'],
      ['B', 'B'],
    ]);
    expect(two).toMatchObject({ count: 2, agreed: 1, kappa: 1, high: 1 });
    // Two things say little, even if judges agree on both.
    expect(two.low).toBeLessThan(0);
    expect(agreementOf([['A', 'A']])).toMatchObject({ agreed: 1, kappa: null, low: null });
    expect(agreementOf([])).toMatchObject({ count: 0, kappa: null });
    const letter = fc.constantFrom('A', 'B', 'TIE');
    fc.assert(
      fc.property(fc.array(fc.tuple(letter, letter), { maxLength: 40 }), (answers) => {
        const { agreed, kappa, low, high } = agreementOf(answers);
        expect(agreed).toBeGreaterThanOrEqual(0);
        expect(agreed).toBeLessThanOrEqual(1);
        if (kappa === null || low === null || high === null) return;
        expect(kappa).toBeLessThanOrEqual(1);
        expect(low).toBeLessThanOrEqual(kappa + 1e-9);
        expect(high).toBeGreaterThanOrEqual(kappa - 1e-9);
        expect(agreementOf(answers.map(([a, b]): [string, string] => [b, a])).kappa).toBeCloseTo(kappa, 9);
      }),
    );
  });
});
