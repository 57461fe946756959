import { expect, it } from 'vitest';
import { beginning, RareWarnings } from '../../src/http/rare-warnings.ts';

it('a stranger fills the log neither with many lines nor with long ones', () => {
  const warnings = new RareWarnings();
  expect(
    ['192.0.2.1', '192.0.2.1', '2001:db8::1', '2001:db8::2', '192.0.2.9'].map((at) => warnings.allows(at)),
  ).toEqual([true, false, true, false, true]);
  for (let index = 0; index < 2000; index++) warnings.allows(`10.0.${index >> 8}.${index & 255}`);
  expect(warnings.allows('198.51.100.7')).toBe(false);
  expect(beginning('x'.repeat(15_000))).toHaveLength(200);
});
