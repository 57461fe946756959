import fc from 'fast-check';
import { expect, test } from 'vitest';
import { filled, piecesOf, variablesOf } from './prompt-text.ts';

test('variables are named once, with their default, and filled in wherever they stand', () => {
  const text = 'Translate {{text}} into {{ language : German }}. Again: {{text:nothing}}, {{language}}.';
  expect(variablesOf(text)).toEqual([
    { name: 'text', standard: 'nothing' },
    { name: 'language', standard: 'German' },
  ]);
  const values = new Map([
    ['text', '“{{language}}”'],
    ['language', 'French'],
  ]);
  expect(filled(text, values)).toBe('Translate “{{language}}” into French. Again: “{{language}}”, French.');
});

test('a default may have colons, and what is no variable stays text', () => {
  expect(variablesOf('{{at:12:30}}')).toEqual([{ name: 'at', standard: '12:30' }]);
  for (const text of [
    '{{}}',
    '{{ }}',
    '{a}',
    '{{a}',
    '{{a\nb}}',
    '{{{{',
    '}}',
    '{{:x}}',
    `{{${'n'.repeat(61)}}}`,
    '{{a:{b}}}',
  ])
    expect(piecesOf(text)).toEqual([{ kind: 'text', source: text }]);
  expect(piecesOf('{{{a}}}').map(({ source }) => source)).toEqual(['{', '{{a}}', '}']);
});

/** Texts of which braces, colons and names are the most of what there is. */
const braced = fc
  .array(fc.constantFrom('{', '}', '{{', '}}', ':', ' ', '\n', 'a', 'name', '{{a}}', '{{b:c}}', '😀'), {
    maxLength: 30,
  })
  .map((parts) => parts.join(''));

test('no character is lost: all pieces together are the text, also with braces that are nested or open', () => {
  fc.assert(
    fc.property(fc.oneof(braced, fc.string({ unit: 'binary' })), (text) => {
      const pieces = piecesOf(text);
      expect(pieces.map(({ source }) => source).join('')).toBe(text);
      expect(pieces.every(({ source }) => source !== '')).toBe(true);
      const kinds = pieces.map(({ kind }) => kind);
      expect(kinds.some((kind, index) => kind === 'text' && kinds[index + 1] === 'text')).toBe(false);
      expect(filled(text, new Map())).toBe(text);
    }),
  );
});

test('a variable that is written down is found again, and its value takes its place alone', () => {
  const word = fc.stringMatching(/^[^{}:\s]{1,12}$/);
  fc.assert(
    fc.property(fc.string(), word, word, fc.string(), (before, name, standard, value) => {
      const text = `${before.replaceAll('{', '')}{{${name}:${standard}}} end`;
      expect(variablesOf(text)).toContainEqual({ name, standard });
      expect(filled(text, new Map([[name, value]]))).toBe(`${before.replaceAll('{', '')}${value} end`);
    }),
  );
});
