import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toPatterns } from '../src/domain/search.ts';

describe('a search', () => {
  it.each([
    ['light house', ['%light%', '%house%']],
    ['Light LIGHT light', ['%Light%']],
    ['one two three four five six', ['%one%', '%two%', '%three%', '%four%', '%five%']],
    ['a A a b', ['%a%', '%b%']],
    ['"quoted phrase", (really)!', ['%quoted%', '%phrase%', '%really%']],
    ['100% snake_case back\\slash', ['%100\\%%', '%snake\\_case%', '%back\\\\slash%']],
    ['C++ 🔥 東京', ['%C++%', '%🔥%', '%東京%']],
    ["' % _ \\ $$ ...", []],
    ['  \n ', null],
  ])('for %j looks for %j', (search, patterns) => {
    expect(toPatterns(search)).toEqual(patterns);
  });

  it('has at most five different parts, each of them typed, whatever is typed', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 600 }), words), (search) => {
        const patterns = toPatterns(search) ?? [];
        expect(patterns.length).toBeLessThanOrEqual(5);
        expect(new Set(patterns.map((pattern) => pattern.toLowerCase())).size).toBe(patterns.length);
        for (const pattern of patterns) {
          const part = pattern.slice(1, -1).replace(/\\([%_\\])/g, '$1');
          expect(part).not.toMatch(/\s/);
          // A lone surrogate is made storable before.
          expect(search.toWellFormed().replaceAll('\0', '\ufffd')).toContain(part);
        }
      }),
    );
  });
});

const words = fc
  .array(fc.constantFrom('the', 'The', 'a', '%', '🧊', '東京', 'x_y', '"'))
  .map((typed) => typed.join(' '));
