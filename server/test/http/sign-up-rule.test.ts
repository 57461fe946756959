import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createInvitationLinks } from '../../src/domain/people/invitation-links.ts';
import { isOfDomains, parseSignUpRule } from '../../src/domain/people/sign-up-rule.ts';

describe('the rule for sign-ups', () => {
  it('admits an address by its whole domain after the last @, in any letter case', () => {
    fc.assert(
      fc.property(fc.domain(), fc.emailAddress(), (domain, email) => {
        const rule = parseSignUpRule(`domains:${domain},other.example`);
        if (rule?.kind !== 'DOMAINS') throw new Error(`${domain} is a domain`);
        const local = email.slice(0, email.lastIndexOf('@'));
        expect(isOfDomains(`${local}@${domain.toUpperCase()}`, rule.domains)).toBe(true);
        for (const other of [
          `${local}@x${domain}`,
          `${local}@sub.${domain}`,
          `${local}@${domain}.org`,
          `${local}@${domain}@x.y`,
        ]) {
          expect(isOfDomains(other, rule.domains)).toBe(false);
        }
        expect(isOfDomains(`@${domain}`, rule.domains)).toBe(false);
      }),
    );
  });
});

describe('an invitation’s link', () => {
  const links = createInvitationLinks({ secret: 'a secret of this server', publicUrl: 'https://chat.example.org' });
  const secretOf = (url: string) => new URL(url).searchParams.get('invitation') ?? '';

  it('holds a secret that leads to the invitation on servers with the same secret only', () => {
    const elsewhere = createInvitationLinks({ secret: 'another secret', publicUrl: 'https://chat.example.org' });
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        const url = links.urlOf(id);
        expect(url).toMatch(/^https:\/\/chat\.example\.org\/sign-up\?invitation=[\w-]{54}$/);
        expect(links.idOf(secretOf(url))).toBe(id);
        expect(elsewhere.idOf(secretOf(url))).toBeNull();
      }),
    );
  });

  it('is invalid after any change of a character, as is any other text', () => {
    const characters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    fc.assert(
      fc.property(fc.uuid(), fc.nat(52), fc.nat(63), (id, at, character) => {
        const secret = secretOf(links.urlOf(id));
        const changed = secret.slice(0, at) + characters[character] + secret.slice(at + 1);
        expect(links.idOf(changed)).toBe(changed === secret ? id : null);
      }),
    );
    fc.assert(fc.property(fc.string(), (text) => links.idOf(text) === null));
  });
});
