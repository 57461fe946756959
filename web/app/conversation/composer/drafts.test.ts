import { expect, test } from 'vitest';
import { draftsOf, joined } from './drafts.ts';

test('a draft is not shown to another person in the same tab', () => {
  draftsOf('ada').write('new', 'Secret');
  expect(draftsOf('bob').read('new')).toBe('');
  expect(draftsOf('ada').read('new')).toBe('Secret');
});

test('a returned prompt is put before the text written since', () => {
  expect(joined('Name a bird', '')).toBe('Name a bird');
  expect(joined('Name a bird', 'And a fish')).toBe('Name a bird\n\nAnd a fish');
});
