import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isBlank } from '../../src/http/calls/blank-text.ts';

it('a text is blank exactly if nothing is left of it when it is trimmed', () => {
  const unit = fc.oneof(
    fc.constantFrom(' ', '\t', '\n', '\r', '\v', '\f', '\u00a0', '\u2028', '\u3000', '\ufeff'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  );
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 8 }), (text) => {
      expect(isBlank(text)).toBe(text.trim() === '');
    }),
    { numRuns: 300 },
  );
});
