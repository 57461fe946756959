import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromAddressId, toAddressId } from './address-id.ts';

test('an id goes into an address in 22 characters that need no encoding, and comes back', () => {
  fc.assert(
    fc.property(fc.uuid(), (uuid) => {
      const id = btoa(`Conversation:${uuid}`);
      const address = toAddressId(id);
      expect(address).toMatch(/^[\w-]{22}$/);
      expect(fromAddressId('Conversation', address)).toBe(id);
    }),
  );
});

test('an id of the API in an old address, and what is none, stay as they are', () => {
  const id = btoa('Turn:01890000-0000-7000-8000-000000000000');
  expect(fromAddressId('Turn', id)).toBe(id);
  fc.assert(
    fc.property(fc.string(), (text) => {
      fc.pre(!/^[\w-]{22}$/.test(text));
      expect(fromAddressId('Turn', text)).toBe(text);
    }),
  );
  expect(toAddressId('a/b=')).toBe('a%2Fb%3D');
});
