import { expect, test } from 'vitest';
import type { AttachedFile } from './attached-file.ts';
import { sightOf, unseenWords } from './seen-files.ts';

const file = (name: string, mediaType: string): AttachedFile => ({ id: name, name, mediaType, bytes: 1, pages: null });
const photo = file('photo.webp', 'image/webp');
const paper = file('paper.pdf', 'application/pdf');
const table = file('prices.csv', 'text/csv');

test('a model that cannot see gets a PDF’s text, and is refused an image', () => {
  expect(sightOf({ accepts: ['TEXT'] }, [table])).toBe('sees');
  expect(sightOf({ accepts: ['TEXT'] }, [table, paper])).toBe('textOnly');
  expect(sightOf({ accepts: ['TEXT', 'PDF'] }, [paper, photo])).toBe('refused');
  expect(sightOf({ accepts: ['TEXT', 'IMAGE', 'PDF'] }, [paper, photo])).toBe('sees');
});

test('an answer says which files its model did not see', () => {
  const files = [photo, paper, table];
  expect(unseenWords({ fileForms: ['NATIVE', 'NATIVE', 'TEXT'], filesLeftOut: 0 }, files)).toBeNull();
  expect(unseenWords({ fileForms: ['LEFT_OUT', 'TEXT', 'TEXT'], filesLeftOut: 2 }, files)).toBe(
    'Read only the text of paper.pdf. Was not sent photo.webp. 2 earlier files left out.',
  );
  expect(unseenWords({ fileForms: [], filesLeftOut: 0 }, files)).toBeNull();
});
