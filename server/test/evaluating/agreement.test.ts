import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agreementOf } from '../../src/domain/judging/agreement.ts';

function answersOf(table: readonly (readonly number[])[]): [string, string][] {
  return table.flatMap((row, one) =>
    row.flatMap((count, other) => Array.from({ length: count }, (): [string, string] => [`${one}`, `${other}`])),
  );
}

describe('the agreement of two judges', () => {
  it('is that of the textbook: Fleiss, Statistical Methods for Rates and Proportions, table 18.1', () => {
    const { count, agreed, kappa, low, high } = agreementOf(
      answersOf([
        [75, 1, 4],
        [5, 4, 1],
        [0, 0, 10],
      ]),
    );
    expect({ count, agreed }).toEqual({ count: 100, agreed: 0.89 });
    expect(kappa).toBeCloseTo(0.6765, 4);
    // Its standard error there is 0.087.
    expect((Number(high) - Number(low)) / (2 * 1.959964)).toBeCloseTo(0.0877, 3);
  });

  it('of two by two answers is Cohen’s 0.4, and its interval that of the jackknife', () => {
    const answers = answersOf([
      [20, 5],
      [10, 15],
    ]);
    const { kappa, low, high } = agreementOf(answers);
    expect(kappa).toBeCloseTo(0.4, 10);
    const without = answers.map((_, index) => Number(agreementOf(answers.toSpliced(index, 1)).kappa));
    const mean = without.reduce((sum, one) => sum + one, 0) / without.length;
    const squares = without.reduce((sum, one) => sum + (one - mean) ** 2, 0);
    const deviation = Math.sqrt((squares * (without.length - 1)) / without.length);
    expect((Number(high) - Number(low)) / (2 * 1.959964) / deviation).toBeCloseTo(1, 1);
  });

  it('is 1 if they always agree, not defined if nothing could differ, and always within its bounds', () => {
    expect(
      agreementOf([
        ['A', 'A'],
        ['B', 'B'],
      ]),
    ).toEqual({ count: 2, agreed: 1, kappa: 1, low: 1, high: 1 });
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
