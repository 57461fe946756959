import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toParts } from '../../src/domain/conversations/searching/limited-search.ts';

describe('the text of a search', () => {
  it.each([
    ['light house', ['light', 'house']],
    ['Is it so? Yes, it is. (Really!) "Done."', ['Is', 'it', 'so', 'Yes', 'it', 'is', '(Really', '"Done']],
    ['C++. .NET, node.js … ... ->', ['C++', '.NET', 'node.js', '…', '...', '->']],
    ['  \n ', []],
  ])('%j is split into %j', (search, parts) => {
    expect(toParts(search)).toEqual(parts);
  });

  it('loses only spaces and closing punctuation, and only its first 500 characters count', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 600 }), sentences), (search) => {
        const typed = search.slice(0, 500).toWellFormed().replaceAll('\0', '\ufffd');
        let rest = typed;
        for (const part of toParts(search)) {
          const skipped = rest.slice(0, rest.indexOf(part));
          expect(rest).toContain(part);
          expect(skipped).toMatch(/^[\s"'“”’»›)\]},;:!?.…]*$/u);
          rest = rest.slice(skipped.length + part.length);
        }
        expect(rest).toMatch(/^[\s"'“”’»›)\]},;:!?.…]*$/u);
      }),
    );
  });
});

const sentences = fc
  .array(fc.constantFrom('the', 'The', 'a', '%', '🧊', '東京', 'x_y', '"', '.', '...', 'C++.', ')', '?!'))
  .map((typed) => typed.join(' '));
