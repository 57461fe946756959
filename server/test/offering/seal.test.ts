import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Seal } from '../../src/domain/ground/secrets/seal.ts';

describe('a sealed text', () => {
  const seal = new Seal('the secret of this server, of some length');

  it('is opened with the same secret for what it was closed for, and with nothing else', () => {
    const elsewhere = new Seal('the secret of this server, of some lengtH');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), fc.string(), (text, about, other) => {
        const closed = seal.close(text, about);
        expect(new Seal('the secret of this server, of some length').open(closed, about)).toBe(text);
        expect(elsewhere.open(closed, about)).toBeNull();
        if (other !== about) expect(seal.open(closed, other)).toBeNull();
      }),
    );
  });

  it('shows nothing of the text, and is another one each time', () => {
    const key = 'sk-live-0123456789abcdefghij';
    const [one, other] = [seal.close(key, 'lab'), seal.close(key, 'lab')];
    expect(one).not.toBe(other);
    for (const form of [key, Buffer.from(key).toString('base64url').slice(0, 12), Buffer.from(key).toString('hex')]) {
      expect(one).not.toContain(form);
      expect(Buffer.from(one.slice(2), 'base64url').includes(form)).toBe(false);
    }
  });

  it('cannot be opened after any change, as cannot any other text', () => {
    const closed = seal.close('a key', 'lab');
    fc.assert(
      fc.property(fc.nat(closed.length - 1), fc.constantFrom(...'ABab01-_.'), (at, character) => {
        const changed = closed.slice(0, at) + character + closed.slice(at + 1);
        const bytes = (text: string) => Buffer.from(text.slice(2), 'base64url').toString('hex');
        const isSame = changed.slice(0, 2) === closed.slice(0, 2) && bytes(changed) === bytes(closed);
        expect(seal.open(changed, 'lab')).toBe(isSame ? 'a key' : null);
      }),
    );
    fc.assert(fc.property(fc.string(), (text) => seal.open(text, 'lab') === null));
  });
});
