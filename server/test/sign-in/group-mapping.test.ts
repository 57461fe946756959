import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Given, grant, groupsOf } from '../../src/domain/people/sign-in/group-mapping.ts';

describe('the groups of a provider', () => {
  it('are read from a list, a text or a field of an object, and from nothing else', () => {
    expect(groupsOf({ groups: ['a', 7, '', 'b'] }, 'groups')).toEqual(['a', 'b']);
    expect(groupsOf({ groups: 'a' }, 'groups')).toEqual(['a']);
    expect(groupsOf({ realm_access: { roles: ['x'] } }, 'realm_access.roles')).toEqual(['x']);
    expect(groupsOf({ 'https://x.example/roles': ['y'] }, 'https://x.example/roles')).toEqual(['y']);
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), (claims, claim) => {
        for (const group of groupsOf(claims, claim)) expect(group).not.toBe('');
      }),
    );
    expect(groupsOf({}, 'constructor.name')).toEqual([]);
  });

  it('leave a member as before once the provider has given and taken back, however often', () => {
    const values = fc.constantFrom('FREE', 'PRO', 'ENTERPRISE');
    fc.assert(
      fc.property(values, fc.array(fc.option(values)), (start, wishes) => {
        let value: string = start;
        let given: Given<string> | undefined;
        for (const wanted of [...wishes, null]) {
          ({ value, given } = grant<string>(value, { wanted, given }));
          expect(value).toBe(wanted ?? start);
        }
        expect(given).toBeUndefined();
      }),
    );
  });

  it('never take back what an admin has set', () => {
    const values = fc.constantFrom('FREE', 'PRO', 'ENTERPRISE');
    fc.assert(
      fc.property(values, values, values, (start, wanted, set) => {
        const { given } = grant<string>(start, { wanted, given: undefined });
        const after = grant<string>(set, { wanted: null, given });
        expect(after.value).toBe(set === wanted ? start : set);
      }),
    );
  });

  it('do not undo what an admin has set while they stay as they are', () => {
    const values = fc.constantFrom('FREE', 'PRO', 'ENTERPRISE');
    fc.assert(
      fc.property(values, values, values, fc.nat(3), (start, wanted, set, times) => {
        const first = grant<string>(start, { wanted, given: undefined });
        let [value, given] = [set as string, first.given];
        for (let time = 0; time <= times; time++) ({ value, given } = grant<string>(value, { wanted, given }));
        expect(value).toBe(set);
        expect(grant<string>(value, { wanted: null, given }).value).toBe(set === wanted ? start : set);
      }),
    );
  });

  it('of several providers leave nothing behind once all have taken back what they gave', () => {
    const values = fc.constantFrom('FREE', 'PRO', 'ENTERPRISE');
    const steps = fc.array(fc.tuple(fc.nat(2), fc.option(values)));
    fc.assert(
      fc.property(values, steps, (start, wishes) => {
        let value: string = start;
        const all: (Given<string> | undefined)[] = [undefined, undefined, undefined];
        const back = [0, 1, 2, 0, 1, 2].map((provider) => [provider, null] as const);
        for (const [provider, wanted] of [...wishes, ...back]) {
          const others = all.flatMap((given, index) => (index === provider || !given ? [] : [given]));
          const next = grant<string>(value, { wanted, given: all[provider], others });
          ({ value } = next);
          all[provider] = next.given;
        }
        expect([value, ...all]).toEqual([start, undefined, undefined, undefined]);
      }),
    );
  });
});
