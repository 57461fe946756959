import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scrub } from '../../src/providers/failures/scrub.ts';

const key = 'sk-test-0123456789abcdefghij';

describe('the sentence of a provider', () => {
  it.each([
    ['a'],
    ['a+'],
    ['a-'],
    ['*'],
    ['**'],
    ['a**'],
    ['a://'],
    ['://'],
    ['a://.'],
    ['sk-'],
    ['Bearer '],
    [' '],
    ['\n'],
    ['世'],
    ['🔥'],
  ])('is made fit to be shown even if it is 8 MB of %j', (piece) => {
    // A pattern that backtracks would take minutes for so much.
    const long = piece.repeat(8_000_000 / piece.length);
    for (const sentence of [long, `Oh: ${long}`]) expect(scrub(sentence, key).length).toBeLessThanOrEqual(300);
  });

  it('is shown from its beginning however long it is', () => {
    expect(scrub('word '.repeat(20_000), null)).toMatch(/^(word ){59}word…$/);
    expect(scrub('世'.repeat(80_000), null)).toBe(`${'世'.repeat(299)}…`);
    expect(scrub('short', null)).toBe('short');
  });

  it.each(['sk-', 'xai-', 'pplx-', 'gsk_', 'AIza'])('tells no key that begins with %s, whoever’s it is', (prefix) => {
    expect(scrub(`No such key: ${prefix}0123456789abcdef of acme.`, null)).toBe('No such key: [key] of acme.');
  });

  it('is empty where nothing of it can be told from a key', () => {
    expect(scrub('a'.repeat(80_000), null)).toBe('');
  });

  // What comes before the key is long, but little is left of it: the cut is what the members would see next.
  it.each([
    ['as it is', key],
    ['of another form', 'pplx-0123456789abcdef'],
    ['that is masked', '0123456789abcdef*****wxyz'],
    ['of a bearer', 'Bearer 0123456789abcdefghij'],
    ['in use, of any form', 'cle secrète 世界 0123456789'],
  ])('has no part of a key in it, wherever the key is divided: one %s', (_name, divided) => {
    const parts = Array.from({ length: divided.length - 3 }, (_, index) => divided.slice(index, index + 4));
    for (let length = 4000; length < 4100; length++) {
      const address = `https://provider.example/${'a'.repeat(length - 25)}`;
      const shown = scrub(`${address} ${divided} and so on`, divided).replace('[link]', '').replaceAll('[key]', '');
      for (const part of parts.filter((one) => !/^\W|Bea|ear|are|rer/.test(one))) expect(shown).not.toContain(part);
    }
  });

  it('has no half of a character in it', () => {
    for (let length = 4080; length < 4100; length++) {
      const address = `https://provider.example/${'a'.repeat(length - 25)}`;
      expect(scrub(`${address} ${'👩‍🚀'.repeat(9)} and so on`, null).isWellFormed()).toBe(true);
      expect(scrub(`${'x '.repeat(length - 3950)}${'👩‍🚀'.repeat(100)}`, null).isWellFormed()).toBe(true);
    }
  });

  it('keeps the key to itself, whatever stands around it', () => {
    const around = fc.string({
      unit: fc.constantFrom('a', ' ', '*', 'é', '🔥', '-', 'x'.repeat(500), 'https://b/'),
      maxLength: 20,
    });
    fc.assert(
      fc.property(around, around, (before, after) => {
        expect(scrub(before + key + after, key)).not.toContain('456789');
      }),
    );
  });

  it('has masked keys taken out whole', () => {
    expect(scrub('Key a*b***c-d***e. is **wrong**', null)).toBe('Key [key]. is **wrong**');
  });
});
