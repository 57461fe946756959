import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mark, piecesOf } from './marks.ts';

test('a marked text comes back unchanged, whatever it is', () => {
  const signs = fc.constantFrom('\0', '\n', '\\', '$', '|', 'é', '重', '\uE000', '\uE0FF', '\uFDD0', '\uFDD3', '🙂');
  fc.assert(
    fc.property(fc.array(fc.tuple(signs, fc.string())), (parts) => {
      const raw = parts.flat().join('');
      expect(piecesOf(mark('formula', raw))).toEqual([{ kind: 'formula', raw }]);
    }),
  );
});

test('a marked text contains no character with a meaning in Markdown', () => {
  const ascii = String.fromCharCode(...Array.from({ length: 128 }, (_, code) => code));
  expect(mark('verbatim', ascii)).not.toMatch(/[\0-\x7F\s\p{P}\p{S}]/u);
});
