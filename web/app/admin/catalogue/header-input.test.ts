import { describe, expect, it } from 'vitest';
import { headersOf } from './header-input.ts';

describe('what the form says of headers', () => {
  const none = { removed: new Set<string>(), added: { name: null, value: null } };

  it('is nothing if nobody typed anything', () => {
    expect(headersOf(['X-Org'], none)).toBeNull();
  });

  it('keeps the stored ones beside a new one', () => {
    const added = { name: 'X-Project', value: 'p' };
    expect(headersOf(['X-Org'], { ...none, added })).toEqual([{ name: 'X-Org', value: null }, added]);
  });

  it('replaces a stored one of the same name, and leaves out those that are removed', () => {
    const added = { name: 'x-org', value: 'o' };
    expect(headersOf(['X-Org', 'X-Team'], { removed: new Set(['X-Team']), added })).toEqual([added]);
    expect(headersOf(['X-Org'], { ...none, removed: new Set(['X-Org']) })).toEqual([]);
  });
});
