import fc from 'fast-check';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { foldText } from '../../src/domain/conversations/searching/folded-text.ts';
import { snippetOf } from '../../src/domain/conversations/searching/snippet.ts';
import { atOnce } from '../../src/domain/ground/time-slice.ts';
import { describeDatabases } from '../setup/describe-databases.ts';

/** Texts of many scripts, signs, accents and gaps. */
const pieces = fc.oneof(
  { weight: 3, arbitrary: fc.string({ maxLength: 12 }) },
  // Databases and Node.js may know different versions of Unicode, which differ in rare scripts.
  {
    weight: 1,
    arbitrary: fc.string({ unit: 'grapheme', maxLength: 8 }).map((text) => text.replace(/[^\0-\uffff]/gu, '')),
  },
  fc.constantFrom(
    ...['Straße', 'GROẞE', 'résumé', 're\u0301sume\u0301', 'İstanbul', 'Iğdır', 'Łódź', 'Ærø', 'ΟΔΥΣΣΕΎΣ', 'ё', 'Й'],
    ...[
      '東京タワー',
      'ｶﾞｷﾞ ﾊﾟ',
      '서울',
      '\u1112\u1161\u11ab',
      'كِتَاب',
      'שָׁלוֹם',
      'नमस्ते',
      'สวัสดี',
      '👩‍💻',
      '🔥',
      'ﬁrst',
      '½',
      '…',
    ],
    ...[
      'C++',
      'C#',
      '.NET',
      'R&D',
      'x_y',
      '->',
      'l’été',
      '"quote"',
      '\n\n- ',
      '**bold**',
      '`code`',
      'soft\u00adhyphen',
    ],
    ...['zero\u200bwidth', '\t', ' ', '  ', '（全角）', 'Ｗｉｄｅ', '\u00a0', '\u3099'],
  ),
);
const texts = fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('').toWellFormed().replaceAll('\0', ''));

describeDatabases('the folding of texts', (database) => {
  it('is the same here as in the database', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(texts, { minLength: 1, maxLength: 40 }), async (some) => {
        const { rows } = await sql<{ folded: string }>`
          select fold_for_search(text) as folded from unnest(${some}::text[]) with ordinality as typed (text, place)
          order by place`.execute(database().db);
        expect(some.map((text) => atOnce(foldText(text)).folded)).toEqual(rows.map(({ folded }) => folded));
      }),
      { numRuns: Number(process.env.RUNS ?? 20) },
    );
  });
});

const snippet = (text: string, ...parts: string[]) => {
  const { text: shown, marks } = atOnce(snippetOf(text, parts));
  return [...marks]
    .reverse()
    .reduce(
      (marked, { start, end }) => `${marked.slice(0, start)}[${marked.slice(start, end)}]${marked.slice(end)}`,
      shown,
    );
};

describe('a snippet', () => {
  it('marks the words of a search as they are written, with their accents', () => {
    expect(snippet('My Résumé is short.', 'resume')).toBe('My [Résumé] is short.');
    expect(snippet('In GROẞE Straße', 'strasse', 'grosse')).toBe('In [GROẞE] [Straße]');
    expect(snippet('東京タワーの高さ', '東  京')).toBe('[東京]タワーの高さ');
    expect(snippet('C++ and C', 'c')).toBe('[C]++ and [C]');
  });

  it('marks parts of words only if the text has no such word', () => {
    expect(snippet('A cargo will go.', 'go')).toBe('A cargo will [go].');
    expect(snippet('A cargo.', 'go')).toBe('A car[go].');
  });

  it('begins and ends at words around what was found', () => {
    const text = `${'before '.repeat(50)}needle ${'after '.repeat(50)}`;
    expect(snippet(text, 'needle')).toMatch(/^…(before ){6,8}\[needle\]( after){10,20}…$/);
  });

  it('is one line without the signs of Markdown, where these are not searched for', () => {
    expect(snippet('# Title\n\n- **one** `two`\n- three', 'two')).toBe('Title one [two] three');
    // Each sign is a part that stands alone.
    expect(snippet('a ** b', '\ua004')).toBe('a [**] b');
  });

  it('shows the beginning of a text in which nothing is found', () => {
    expect(snippet('Some text', 'other')).toBe('Some text');
    expect(snippet('', 'other')).toBe('');
  });

  it('is short and well-formed, and its marks stand apart within it, whatever the text', () => {
    const searches = fc.constantFrom('go', 'resume', '東', 'e', 'strasse', 'a', '\ua004', '공', 'ガ', 'οδυσσευσ');
    fc.assert(
      fc.property(
        fc.array(texts, { maxLength: 12 }),
        fc.array(searches, { minLength: 1, maxLength: 3 }),
        (some, parts) => {
          const { text, marks } = atOnce(snippetOf(some.join(' '), parts));
          expect(text.isWellFormed()).toBe(true);
          expect(text).not.toMatch(/[\n\t]/);
          expect(text.length).toBeLessThanOrEqual(162);
          let end = 0;
          for (const mark of marks) {
            expect(mark.start).toBeGreaterThanOrEqual(end);
            expect(mark.end).toBeGreaterThan(mark.start);
            end = mark.end;
          }
          expect(end).toBeLessThanOrEqual(text.length);
        },
      ),
      { numRuns: Number(process.env.RUNS ?? 200) },
    );
  });
});
