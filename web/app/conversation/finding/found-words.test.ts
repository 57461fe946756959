import fc from 'fast-check';
import { expect, test } from 'vitest';
import { placesIn, wordsOf } from './found-words.ts';

const marked = (text: string, search: string) =>
  placesIn(text, wordsOf(search))
    .reverse()
    .reduce((all, { start, end }) => `${all.slice(0, start)}[${all.slice(start, end)}]${all.slice(end)}`, text);

test('words are found whatever their case and accents', () => {
  expect(marked('My Re\u0301sumé, not a resume.', 'RÉSUMÉ')).toBe('My [Re\u0301sumé], not a [resume].');
  expect(marked('GROẞE Straße', 'strasse grosse')).toBe('[GROẞE] [Straße]');
  expect(marked('Don’t', "don't")).toBe('[Don’t]');
  expect(marked('東京タワー', '東京')).toBe('[東京]タワー');
  expect(marked('C++ and C#', 'C++.')).toBe('[C++] and C#');
});

test('a word is found within others only where it is no word of its own', () => {
  expect(marked('Cargo ships go.', 'go')).toBe('Cargo ships [go].');
  expect(marked('Cargo ships.', 'go')).toBe('Car[go] ships.');
});

test('only the first five different words of a search count', () => {
  expect(wordsOf('One one TWO three four five six')).toEqual(['one', 'two', 'three', 'four', 'five']);
  expect(wordsOf(' " ')).toEqual([]);
});

test('places are within the text and in order, whatever the text', () => {
  const texts = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('résumé go', 'ßß', '👩‍💻 go', 'İ'));
  fc.assert(
    fc.property(fc.array(texts), fc.constantFrom('go', 'e', 'ss', '👩‍💻', 'resume go'), (some, search) => {
      const text = some.join(' ');
      let before = 0;
      for (const { start, end } of placesIn(text, wordsOf(search))) {
        expect(start).toBeGreaterThanOrEqual(before);
        expect(end).toBeGreaterThan(start);
        expect(end).toBeLessThanOrEqual(text.length);
        before = start;
      }
    }),
  );
});
