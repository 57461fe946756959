import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inSlices } from './in-slices.ts';
import { diffWords, type Run } from './word-diff.ts';

function compare(before: string, after: string): { runs: Run[]; pauses: number } {
  const work = diffWords(before, after);
  for (let pauses = 0; ; pauses += 1) {
    const { done, value } = work.next();
    if (done) return { runs: value, pauses };
  }
}

const without = (runs: readonly Run[], left: Run['kind']) =>
  runs
    .filter(({ kind }) => kind !== left)
    .map(({ text }) => text)
    .join('');

/** Texts of few words, so that they share many of them, and arbitrary ones. */
const text = fc.oneof(
  fc
    .array(fc.constantFrom('tide', 'moon', 'sea', ' ', '\n', ', ', 'the ', '潮汐', 'é', '\ud83c'), { maxLength: 60 })
    .map((all) => all.join('')),
  fc.string({ unit: 'binary', maxLength: 80 }),
);

test('the runs without what was removed are the other text, and without what was added the first one', () => {
  fc.assert(
    fc.property(text, text, (before, after) => {
      const { runs } = compare(before, after);
      expect(without(runs, 'added')).toBe(before);
      expect(without(runs, 'removed')).toBe(after);
      expect(runs.every(({ text }) => text !== '')).toBe(true);
      expect(runs.every(({ kind }, at) => kind !== runs[at + 1]?.kind)).toBe(true);
    }),
  );
});

test('a text compared with itself is one run', () => {
  fc.assert(
    fc.property(text, (same) => {
      expect(compare(same, same).runs).toEqual(same === '' ? [] : [{ kind: 'same', text: same }]);
    }),
  );
});

test('a changed, a missing and an added word are marked, and no more', () => {
  const before = 'The moon pulls the sea twice a day, and the sea follows.';
  const after = 'The sun pulls the sea a day, and the sea always follows.';
  expect(compare(before, after).runs).toEqual([
    { kind: 'same', text: 'The ' },
    { kind: 'removed', text: 'moon' },
    { kind: 'added', text: 'sun' },
    { kind: 'same', text: ' pulls the sea ' },
    { kind: 'removed', text: 'twice ' },
    { kind: 'same', text: 'a day, and the sea' },
    { kind: 'added', text: ' always' },
    { kind: 'same', text: ' follows.' },
  ]);
});

test('a sentence with no word in common is marked as a whole', () => {
  expect(compare('It is so. Red is warm.', 'It is so. Blue feels cold.').runs).toEqual([
    { kind: 'same', text: 'It is so. ' },
    { kind: 'removed', text: 'Red is warm' },
    { kind: 'added', text: 'Blue feels cold' },
    { kind: 'same', text: '.' },
  ]);
});

test('a character of a script without spaces is a word', () => {
  expect(compare('潮汐由月球引起', '潮汐由太阳引起').runs).toEqual([
    { kind: 'same', text: '潮汐由' },
    { kind: 'removed', text: '月球' },
    { kind: 'added', text: '太阳' },
    { kind: 'same', text: '引起' },
  ]);
});

/** Texts of 200,000 characters that make other algorithms slow. */
const long: Record<string, [string, string]> = {
  'have no word in common': [words(30_000, (at) => `left${at}`), words(30_000, (at) => `right${at}`)],
  'are of two words in different order': [
    words(50_000, (at) => 'ab'[(at * 7919) % 2] ?? ''),
    words(50_000, (at) => 'ab'[(at >> 3) % 2] ?? ''),
  ],
  'are in reverse order': [words(30_000, (at) => `word${at}`), words(30_000, (at) => `word${30_000 - at}`)],
  'differ in every second word': [
    words(30_000, (at) => `same${at}`),
    words(30_000, (at) => (at % 2 ? `same${at}` : `new${at}`)),
  ],
  'repeat a few words': [words(40_000, (at) => `w${(at * at) % 97}`), words(40_000, (at) => `w${(at * at + at) % 97}`)],
};

function words(count: number, wordAt: (at: number) => string): string {
  return Array.from({ length: count }, (_, at) => wordAt(at)).join(' ');
}

test.each(Object.entries(long))(
  'the work on long texts that %s stays in proportion to their length',
  (_, [before, after]) => {
    const { runs, pauses } = compare(before, after);
    expect(without(runs, 'added')).toBe(before);
    expect(without(runs, 'removed')).toBe(after);
    // 48 looks at each of at most 200,000 tokens, 5,000 at a time.
    expect(pauses).toBeLessThan(2500);
  },
);

test('a comparison that nobody waits for any more ends', async () => {
  const [before, after] = long['repeat a few words'] ?? ['', ''];
  await expect(inSlices(diffWords(before, after), AbortSignal.abort())).rejects.toThrow();
  const { runs } = compare(before, after);
  expect(await inSlices(diffWords(before, after), new AbortController().signal)).toEqual(runs);
});
