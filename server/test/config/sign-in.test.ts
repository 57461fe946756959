import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/config/mistakes.ts';
import { toConfig } from '../../src/config/settings.ts';

const load = (variables: Record<string, string>) => toConfig(variables, { directory: '/nowhere' });
const google = { OIDC_GOOGLE_ISSUER: 'https://accounts.google.com', OIDC_GOOGLE_CLIENT_ID: 'g' };
const own = { OIDC_ISSUER: 'https://login.example.org/realms/a', OIDC_CLIENT_ID: 'polylogue' };

function problemsOf(variables: Record<string, string>): string[] {
  try {
    load(variables);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new Error('It should have been refused');
}

describe('the settings of signing in', () => {
  it('name any number of providers, each with its groups', () => {
    const { signIn } = load({
      ...own,
      ...google,
      OIDC_CLIENT_SECRET: 's',
      OIDC_ADMIN_GROUPS: 'admins, cn=root',
      OIDC_TIER_GROUPS: 'cn=staff=PRO, board=ENTERPRISE',
      OIDC_GOOGLE_TIER_GROUPS: '{"a,b=c":"PRO"}',
      OIDC_MY_OWN_ISSUER: 'https://b.example.org/.well-known/openid-configuration',
      OIDC_MY_OWN_CLIENT_ID: 'c',
      OIDC_MY_OWN_NAME: 'B',
    });
    expect(signIn.passwords).toBe(true);
    expect(signIn.providers.map(({ id, name, issuer }) => [id, name, issuer])).toEqual([
      ['oidc', 'single sign-on', 'https://login.example.org/realms/a'],
      ['google', 'Google', 'https://accounts.google.com'],
      ['my-own', 'B', 'https://b.example.org'],
    ]);
    const [first, second] = signIn.providers;
    expect(first).toMatchObject({ clientSecret: 's', scopes: 'openid email profile', links: true });
    expect(first?.groups.adminGroups).toEqual(['admins', 'cn=root']);
    expect([...(first?.groups.tierGroups ?? [])]).toEqual([
      ['cn=staff', 'PRO'],
      ['board', 'ENTERPRISE'],
    ]);
    expect([...(second?.groups.tierGroups ?? [])]).toEqual([['a,b=c', 'PRO']]);
  });

  it('let a provider admit everybody, unless anybody can have an account there or sign-up is closed', () => {
    const admits = (variables: Record<string, string>) => load(variables).signIn.providers.map((one) => one.admitsAll);
    expect(admits({ ...own, ...google })).toEqual([true, false]);
    expect(admits({ ...own, SIGN_UP: 'closed' })).toEqual([false]);
    expect(admits({ ...own, SIGN_UP: 'closed', OIDC_SIGN_UP: 'on' })).toEqual([true]);
    expect(admits({ ...own, OIDC_SIGN_UP: 'rule' })).toEqual([false]);
    expect(load({ ...google, OIDC_GOOGLE_SIGN_UP: 'on', PUBLIC_URL: 'https://a.org' }).warnings).toContain(
      'The sign-in provider "google" admits everybody who has an account with accounts.google.com',
    );
  });

  it('are refused with every mistake at once, and without a secret', () => {
    expect(
      problemsOf({
        OIDC_ISSUER: 'login.example.org',
        OIDC_CLIENT_SECRET: 'hidden',
        OIDC_LINK: 'yes',
        OIDC_X_CLIENT_ID: 'x',
        OIDC_X_TIER_GROUPS: 'staff=GOLD',
        OIDC_X_ADMIN_GROUPS: '[1]',
        SMTP_URL: 'mail.example.org?pass=hidden',
        MAIL_FROM: 'nobody',
      }),
    ).toEqual([
      'SMTP_URL: expected the address of a mail server, such as smtp://user:password@mail.example.com:587',
      'MAIL_FROM is "nobody": expected an e-mail address, or a name with one, such as Polylogue <chat@example.com>',
      'OIDC_ISSUER: expected the address of an OpenID provider, such as https://login.example.com',
      'OIDC_CLIENT_ID: is missing: a provider needs its ISSUER and CLIENT_ID',
      'OIDC_LINK: expected on or off',
      'OIDC_X_ISSUER: is missing: a provider needs its ISSUER and CLIENT_ID',
      'OIDC_X_ADMIN_GROUPS: expected names separated by commas, or a JSON list of them',
      'OIDC_X_TIER_GROUPS: the plans are FREE, PRO, ENTERPRISE',
    ]);
    expect(problemsOf({ PASSWORDS: 'off' })).toEqual(['PASSWORDS is "off", and there is no provider to sign in with']);
    expect(load({ ...own, OIDC_ISUER: 'x' }).warnings.join()).toContain('OIDC_ISUER is no setting');
  });

  it('send mail from the host of the public address, unless another sender is set', () => {
    const SMTP_URL = 'smtp://mail.example.org';
    expect(load({}).mail).toBeNull();
    expect(load({ SMTP_URL, PUBLIC_URL: 'https://a.org' }).mail?.from).toBe('Polylogue <no-reply@a.org>');
    expect(load({ SMTP_URL, MAIL_FROM: 'c@a.org' }).mail).toEqual({ url: SMTP_URL, from: 'c@a.org' });
  });
});
