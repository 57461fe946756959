import { expect, test } from 'vitest';
import { toAmount } from './adjust-credits.tsx';

test('an amount is parsed in the ways that people write it', () => {
  const read = ['50,000', ' 50 000 ', '+5', '-2000', '−2,000', '0'].map(toAmount);
  expect(read).toEqual([50_000, 50_000, 5, -2000, -2000, 0]);
});

test('a text that is no whole number is no amount', () => {
  for (const typed of ['', '1.5', 'ten', '1e3', '--1', '9'.repeat(20)]) expect(toAmount(typed)).toBeNull();
});
