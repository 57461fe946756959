import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { addDays, dayOf, everyDay, isBackwards, namedRanges, readRange, toMoments } from './range.ts';

const today = '2026-03-01';
const read = (search: string) => readRange(new URLSearchParams(search), today);

test('an address without a range means the last 30 days, including today', () => {
  expect(read('')).toEqual({ from: '2026-01-31', to: null });
});

test('either end of a range may be open, and an invalid day counts as open', () => {
  expect(read('from=2026-01-01')).toEqual({ from: '2026-01-01', to: null });
  expect(read('from=&to=2026-02-28')).toEqual({ from: null, to: '2026-02-28' });
  for (const day of ['yesterday', '2026-02-31', '26-01-01', '2026-1-1']) expect(read(`from=${day}`).from).toBeNull();
});

test('the API is asked up to the end of the last day', () => {
  expect(toMoments({ from: '2026-02-28', to: '2026-02-28' })).toEqual({
    from: '2026-02-28T00:00:00Z',
    to: '2026-03-01T00:00:00Z',
  });
  expect(toMoments({ from: null, to: null })).toEqual({ from: null, to: null });
});

test('a range that ends before it begins is recognised', () => {
  expect(isBackwards({ from: '2026-02-02', to: '2026-02-01' })).toBe(true);
  for (const { range } of namedRanges(today)) expect(isBackwards(range)).toBe(false);
});

test('every day of a range is listed in order, and no figure is lost', () => {
  const day = fc.integer({ min: 0, max: 300 }).map((days) => addDays('2025-06-01', days));
  void fc.assert(
    fc.property(fc.dictionary(day, fc.nat()), (figures) => {
      const values = new Map(Object.entries(figures));
      const days = everyDay(values, { from: null, to: null }, '2026-03-28');
      expect(days.map(([name]) => name)).toEqual(days.map((_, index) => addDays(days[0]?.[0] ?? '', index)));
      expect(days.reduce((sum, [, value]) => sum + value, 0)).toBe([...values.values()].reduce((a, b) => a + b, 0));
    }),
  );
});

test('a range of years lists only the days with figures', () => {
  const values = new Map([
    ['2020-01-01', 1],
    ['2026-01-01', 2],
  ]);
  expect(everyDay(values, { from: null, to: null }, today)).toEqual([
    ['2020-01-01', 1],
    ['2026-01-01', 2],
  ]);
});

test('a moment belongs to its day in UTC', () => {
  expect(dayOf(Date.parse('2026-03-01T00:30:00+01:00'))).toBe('2026-02-28');
});
