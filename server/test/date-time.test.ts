import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseDateTime } from '../src/domain/ground/date-time.ts';

it('a date is parsed as the moment that it names, with or without a time', () => {
  const date = fc.date({
    min: new Date('0001-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59Z'),
    noInvalidDate: true,
  });
  fc.assert(
    fc.property(date, (date) => {
      expect(parseDateTime(date.toISOString())).toEqual(date);
      const day = date.toISOString().slice(0, 10);
      expect(parseDateTime(day)?.toISOString().slice(0, 10)).toBe(day);
    }),
  );
});

it.each([
  '2026-02-31',
  '2026-02-29T12:00:00Z',
  '2026-13-01',
  '2026-04-31T00:00:00+02:00',
  '1.2.2026',
  '2026-1-1',
  '',
  'now',
])('%j is not parsed as a date', (text) => {
  expect(parseDateTime(text)).toBeNull();
});
