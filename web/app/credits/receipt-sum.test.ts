import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { decimalsOf, formatMillionths, millionthsOf, roundedUp, sumOf } from './receipt-sum.ts';

const bucket = fc.record({
  bucket: fc.constant('INPUT' as const),
  tokens: fc.nat({ max: 1_000_000_000 }),
  price: fc.nat({ max: 1_000_000_000 }),
});

test('a receipt is rounded up once, over all its lines', () => {
  const line = (tokens: number, price: number) => ({ bucket: 'INPUT' as const, tokens, price });
  expect(roundedUp(sumOf({ buckets: [line(412, 150_000), line(58, 600_000)], requestPrice: 0 }))).toBe(97);
  expect(roundedUp(sumOf({ buckets: [line(1, 1), line(1, 1)], requestPrice: 5 }))).toBe(6);
  expect(roundedUp(sumOf({ buckets: [], requestPrice: 0 }))).toBe(0);
});

test('the shown lines add up to the shown sum, to the last decimal', () => {
  void fc.assert(
    fc.property(fc.array(bucket, { maxLength: 5 }), fc.nat(), (buckets, requestPrice) => {
      const amounts = [...buckets.map(millionthsOf), BigInt(requestPrice) * 1_000_000n];
      const sum = sumOf({ buckets, requestPrice });
      const decimals = decimalsOf(amounts);
      const shown = amounts.map((amount) => BigInt(formatMillionths(amount, decimals).replace(/[,.]/g, '')));
      const total = shown.reduce((one, other) => one + other, 0n);
      expect(total).toBe(BigInt(formatMillionths(sum, decimals).replace(/[,.]/g, '')));
    }),
  );
});
