import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scrub } from '../../src/providers/failures/scrub.ts';

const key = 'sk-test-0123456789abcdefghij';

describe('scrub', () => {
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
  ])('keeps at most 300 characters of 8 MB of %j', (piece) => {
    // A pattern that backtracks would take minutes for so much.
    const long = piece.repeat(8_000_000 / piece.length);
    for (const sentence of [long, `Oh: ${long}`]) expect(scrub(sentence, key).length).toBeLessThanOrEqual(300);
  });

  it('keeps the beginning of a long sentence', () => {
    expect(scrub('word '.repeat(20_000), null)).toMatch(/^(word ){59}word…$/);
    expect(scrub('世'.repeat(80_000), null)).toBe(`${'世'.repeat(299)}…`);
    expect(scrub('short', null)).toBe('short');
  });

  it.each(['sk-', 'xai-', 'pplx-', 'gsk_', 'AIza', 'tvly-dev-'])('masks any key that begins with %s', (prefix) => {
    expect(scrub(`No such key: ${prefix}0123456789abcdef of acme.`, null)).toBe('No such key: [key] of acme.');
  });

  it('leaves nothing of a sentence that cannot be told from a key', () => {
    expect(scrub('a'.repeat(80_000), null)).toBe('');
  });

  // A long address comes before the key and is shortened to little, so the cut of the input falls within the key.
  it.each([
    ['in plain form', key],
    ['of another provider', 'pplx-0123456789abcdef'],
    ['that is masked', '0123456789abcdef*****wxyz'],
    ['after Bearer', 'Bearer 0123456789abcdefghij'],
    ['in use, of unusual form', 'cle secrète 世界 0123456789'],
  ])('shows no part of a key, wherever the cut divides it: a key %s', (_name, divided) => {
    const parts = Array.from({ length: divided.length - 3 }, (_, index) => divided.slice(index, index + 4));
    for (let length = 4000; length < 4100; length++) {
      const address = `https://provider.example/${'a'.repeat(length - 25)}`;
      const shown = scrub(`${address} ${divided} and so on`, divided).replace('[link]', '').replaceAll('[key]', '');
      for (const part of parts.filter((one) => !/^\W|Bea|ear|are|rer/.test(one))) expect(shown).not.toContain(part);
    }
  });

  it('shows no half of a character', () => {
    for (let length = 4080; length < 4100; length++) {
      const address = `https://provider.example/${'a'.repeat(length - 25)}`;
      expect(scrub(`${address} ${'👩‍🚀'.repeat(9)} and so on`, null).isWellFormed()).toBe(true);
      expect(scrub(`${'x '.repeat(length - 3950)}${'👩‍🚀'.repeat(100)}`, null).isWellFormed()).toBe(true);
    }
  });

  it('masks the key, whatever stands around it', () => {
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

  it('removes masked keys completely', () => {
    expect(scrub('Key a*b***c-d***e. is **wrong**', null)).toBe('Key [key]. is **wrong**');
  });
});
