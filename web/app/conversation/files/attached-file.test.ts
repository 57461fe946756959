import { expect, test } from 'vitest';
import { formatBytes, lookOf, describe as words } from './attached-file.ts';

test('a size is said in bytes, kilobytes or megabytes', () => {
  expect([0, 999, 1_000, 999_499, 1_000_000, 20_971_520].map(formatBytes)).toEqual([
    '0 B',
    '999 B',
    '1 KB',
    '999 KB',
    '1.0 MB',
    '21.0 MB',
  ]);
});

test('a file is shown by the type that the server found', () => {
  const looks = ['image/webp', 'application/pdf', 'text/csv', 'text/x-python'].map((mediaType) =>
    lookOf({ mediaType }),
  );
  expect(looks).toEqual(['image', 'pdf', 'table', 'text']);
  expect(words({ bytes: 64_000, pages: 1 })).toBe('1 page · 64 KB');
});
