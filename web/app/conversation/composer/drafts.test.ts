import { expect, test } from 'vitest';
import { draftsOf, joined } from './drafts.ts';

test('what one person is writing is not read by another in the same tab', () => {
  draftsOf('ada').write('new', 'Secret');
  expect(draftsOf('bob').read('new')).toBe('');
  expect(draftsOf('ada').read('new')).toBe('Secret');
});

test('words that came back stand before those that were written since', () => {
  expect(joined('Name a bird', '')).toBe('Name a bird');
  expect(joined('Name a bird', 'And a fish')).toBe('Name a bird\n\nAnd a fish');
});
