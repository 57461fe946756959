import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EXCERPT_LENGTH_MAX, titleIn, titleRequest } from '../../src/domain/titles/title-text.ts';

describe('a title in a model’s answer', () => {
  it.each([
    ['Baking bread at home', 'Baking bread at home'],
    ['  "Baking bread at home."\n', 'Baking bread at home'],
    ['**Title: “Brot backen”**', 'Brot backen'],
    ['# Le pain : recette simple', 'Le pain : recette simple'],
    ['```\nSourdough basics\n```', 'Sourdough basics'],
    ['- `Sourdough` basics', 'Sourdough` basics'],
    ['家でパンを焼く。', '家でパンを焼く'],
    ['«خبز منزلي»', 'خبز منزلي'],
    ['What is C++?', 'What is C++?'],
    ['To be continued...', 'To be continued...'],
    ['a\u202Eb\u0000c\u2066 d', 'ab c d'],
    ['Don’t panic', 'Don’t panic'],
    ['First\nSecond', 'First'],
  ])('of %j is %j', (answer, title) => expect(titleIn(answer)).toBe(title));

  it.each(['', ' \n\t ', '""', '***', '```', '…', '\u202E\u2069', '- "."'])('is none in %j', (answer) =>
    expect(titleIn(answer)).toBeNull(),
  );

  it('is a short line that anybody may read among other text', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '\n',
        '"',
        '**',
        '# ',
        '- ',
        '`',
        '\u202E',
        '\u2066',
        '\u0000',
        'Title:',
        '\ud800',
        '.',
        '👨‍👩‍👧',
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const title = titleIn(pieces.join(''));
        if (title === null) return;
        expect(title).not.toBe('');
        expect(title).toBe(title.trim());
        expect(title.length).toBeLessThanOrEqual(200);
        expect(title.isWellFormed()).toBe(true);
        expect(title).not.toMatch(/[\p{Control}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
        // What is a title already stays as it is.
        expect(titleIn(title)).toBe(title);
      }),
    );
  });

  it('is asked for with a bounded part of the texts, between marks that they cannot contain', () => {
    const conversationId = '0190b5a4-0000-7000-8000-000000000000';
    const long = `${'x'.repeat(EXCERPT_LENGTH_MAX - 1)}😀`;
    const { system, prompt } = titleRequest({ conversationId, prompt: long, answer: 'A short answer.' });
    const [mark] = /=====[0-9a-f]{16}/.exec(system) ?? [];
    expect(prompt.split(mark ?? 'none')).toHaveLength(5);
    expect(prompt.length).toBeLessThan(EXCERPT_LENGTH_MAX + 300);
    expect(prompt.isWellFormed()).toBe(true);
    expect(prompt).toContain('A short answer.');
  });
});
