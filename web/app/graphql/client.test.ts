import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffMs } from './client.ts';

test('reconnecting waits ever longer, never more than 15 seconds, and never all at the same moment', () => {
  fc.assert(
    fc.property(fc.nat(100), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (retries, chance) => {
      const waitMs = backoffMs(retries, chance);
      expect(waitMs).toBeGreaterThanOrEqual(125);
      expect(waitMs).toBeLessThanOrEqual(15_000);
      expect(backoffMs(retries + 1, chance)).toBeGreaterThanOrEqual(waitMs);
    }),
  );
  expect(backoffMs(3, 0)).not.toBe(backoffMs(3, 0.9));
});
