import { expect, test } from 'vitest';
import { isLong } from './prompt-length.ts';

test('a prompt is long from its ninth line on, whether its lines were broken by hand or by the measure', () => {
  expect(isLong('a\n'.repeat(7))).toBe(false);
  expect(isLong('a\n'.repeat(8))).toBe(true);
  expect(isLong('word '.repeat(120))).toBe(false);
  expect(isLong('word '.repeat(140))).toBe(true);
});
