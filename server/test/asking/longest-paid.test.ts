import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ANSWER_TOKENS_MIN, longestPaid } from '../../src/domain/asking/paying/longest-paid.ts';

test('the longest answer that can be paid is found within a hundredth, in few looks', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200_000 }), fc.integer({ min: 0, max: 250_000 }), (most, limit) => {
      let looks = 0;
      const found = longestPaid(most, (tokens) => {
        looks += 1;
        return tokens <= limit;
      });
      expect(looks).toBeLessThan(20);
      if (most <= ANSWER_TOKENS_MIN || limit < ANSWER_TOKENS_MIN) {
        expect(found).toBeNull();
        return;
      }
      expect(found).toBeLessThanOrEqual(Math.min(limit, most - 1));
      expect(found).toBeGreaterThanOrEqual(Math.floor(Math.min(limit, most - 1) * 0.98));
    }),
  );
});
