import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { linearScale, ratioScale } from './scale.ts';

test('a scale has round ticks around its values', () => {
  expect(linearScale([870, 1145], 5).ticks).toEqual([800, 900, 1000, 1100, 1200]);
  expect(ratioScale([40, 900]).ticks).toEqual([50, 100, 200, 500, 1000]);
  expect(ratioScale([1, 900_000]).ticks).toEqual([1, 10, 100, 1000, 10_000, 100_000, 1_000_000]);
  expect(linearScale([0.01, 0.010000000000000004], 5).at(0.01)).toBeCloseTo(5);
});

test('every value is within the picture, and a larger one is never before a smaller one', () => {
  const values = fc.array(fc.double({ min: 0.01, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 20 });
  void fc.assert(
    fc.property(values, (list) => {
      for (const scale of [linearScale(list, 5), ratioScale(list)]) {
        const places = list.toSorted((one, other) => one - other).map((value) => scale.at(value));
        expect(places).toEqual(places.toSorted((one, other) => one - other));
        expect(Math.min(...places)).toBeGreaterThanOrEqual(-1e-6);
        expect(Math.max(...places)).toBeLessThanOrEqual(100 + 1e-6);
      }
    }),
  );
});
