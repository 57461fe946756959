import { expect, test } from 'vitest';
import { formatCount, formatSeconds, formatShort, formatUsd, toCount, tokenRate } from './figures.ts';

test('small figures are grouped and exact', () => {
  expect(formatCount(3310)).toBe('3,310');
  expect(formatShort(9999)).toBe('9,999');
  expect(formatShort(0)).toBe('0');
});

test('large figures are short and never rounded up', () => {
  expect(formatShort(12_499)).toBe('12.4k');
  expect(formatShort(812_999)).toBe('812k');
  expect(formatShort(999_999)).toBe('999k');
  expect(formatShort(1_259_000)).toBe('1.25M');
  expect(formatShort(25_000_000_000)).toBe('25B');
});

test('USD are to the cent, and small amounts have two figures that tell, rounded up', () => {
  expect(formatUsd(12.4)).toBe('$12.40');
  expect(formatUsd(1234.567)).toBe('$1,234.57');
  expect(formatUsd(0.07)).toBe('$0.07');
  expect(formatUsd(0.00331)).toBe('$0.0034');
  expect(formatUsd(0.000001)).toBe('$0.000001');
  expect(formatUsd(0)).toBe('$0');
  expect(formatUsd(-0.5)).toBe('−$0.50');
});

test('times are in seconds with one decimal', () => {
  expect(formatSeconds(412)).toBe('0.4 s');
  expect(formatSeconds(61_040)).toBe('61.0 s');
});

test('a rate is shown only if there was time to measure it', () => {
  expect(tokenRate(120, 2000)).toBe(60);
  expect(tokenRate(5, 80)).toBeNull();
  expect(tokenRate(0, 5000)).toBeNull();
});

test('a whole number is read in the ways that people write it', () => {
  const read = ['50,000', ' 50 000 ', '+5', '-2000', '−2,000', '0'].map(toCount);
  expect(read).toEqual([50_000, 50_000, 5, -2000, -2000, 0]);
});

test('a text that is no whole number is none', () => {
  for (const typed of ['', '1.5', 'ten', '1e3', '--1', '9'.repeat(20)]) expect(toCount(typed)).toBeNull();
});
