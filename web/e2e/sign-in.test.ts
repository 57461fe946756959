import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { type MailServer, startMailServer } from '../../server/test/mail/mail-server.ts';
import { freePort } from '../../server/test/setup/free-port.ts';
import { type OidcServer, startOidcServer } from '../../server/test/sign-in/oidc-server.ts';
import { chromiumPath, everythingIsAsked } from './setup/browser.ts';
import { awake, seriousFaults } from './setup/people.ts';
import { type Polylogue, test } from './setup/polylogue.ts';

describe.skipIf(!chromiumPath && !everythingIsAsked)('signing in in the browser', () => {
  let polylogue: Polylogue;
  let oidc: OidcServer;
  let mail: MailServer;

  test.beforeAll(async ({ polylogues }) => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    oidc = await startOidcServer([`${url}/api/auth/callback/test`]);
    mail = await startMailServer();
    await oidc.know('ann', { email: 'ann@example.org', email_verified: true, name: 'Ann Lee' });
    const settings = { PORT: String(port), SMTP_URL: mail.url, ...oidc.settings(url) };
    polylogue = await polylogues.open({ empty: true, settings });
  });
  test.afterAll(async () => {
    await oidc?.close();
    await mail?.close();
  });

  /** Chooses the provider, and who one is there if it asks. */
  async function goThrough(page: Page, account: string): Promise<void> {
    await page.getByRole('link', { name: 'Sign in with Example Login' }).click();
    await page.getByRole('link', { name: `Continue as ${account}` }).click();
  }

  const shows = (page: Page, text: string) => page.getByRole('alert').getByText(text).waitFor();

  test('people sign in with a provider the first and the second time, and come back to where they were', async () => {
    const { page, problems } = await polylogue.open();
    await page.goto('/settings/keys');
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await goThrough(page, 'ann');
    await page.waitForURL('**/settings/keys');
    await page.getByText('You have no keys.', { exact: false }).waitFor();

    const other = await polylogue.open();
    await other.page.goto('/sign-in');
    await goThrough(other.page, 'ann');
    await other.page.getByRole('button', { name: 'Ann Lee' }).waitFor();
    expect([...problems, ...other.problems]).toEqual([]);
  });

  test('a wrong state, an expired code and a stolen one are refused with a sentence', async () => {
    const { page } = await polylogue.open();
    /** Goes through the provider with the window's cookies, and stops at the address of the answer. */
    const hold = async () => {
      let at = `${polylogue.url}/api/auth/oidc/test`;
      while (!at.startsWith(`${polylogue.url}/api/auth/callback/`)) {
        const address = at.includes('/who/') ? `${at}?as=ann` : at;
        const { location } = (await page.request.get(address, { maxRedirects: 0 })).headers();
        at = new URL(location ?? '', at).href;
      }
      return at;
    };

    const stolen = await hold();
    const thief = await polylogue.open();
    await thief.page.goto(stolen);
    await shows(thief.page, 'This sign-in did not begin in this browser');
    expect(await seriousFaults(thief.page)).toEqual([]);

    const wrong = new URL(await hold());
    wrong.searchParams.set('state', 'made-up');
    await page.goto(wrong.href);
    await shows(page, 'This sign-in did not begin in this browser');

    await oidc.setCodeSeconds(1);
    const old = await hold();
    await oidc.setCodeSeconds(60);
    const code = new URL(old).searchParams.get('code') ?? '';
    await expect.poll(() => oidc.isGood(code), { timeout: 10_000 }).toBe(false);
    await page.goto(old);
    await shows(page, 'Example Login says that this sign-in is too old');
    await goThroughAgain(page);
  });

  async function goThroughAgain(page: Page): Promise<void> {
    await page.getByRole('link', { name: 'Sign in with Example Login' }).click();
    await page.getByRole('button', { name: 'Ann Lee' }).waitFor();
  }

  test('a new member confirms the address, forgets the password and sets another one', async () => {
    const { page, problems } = await polylogue.open();
    await page.goto('/sign-up');
    await awake(page);
    // The first account has come with the provider, so others need an invitation with mail as without.
    const invitation = await invite();
    await page.goto(invitation);
    await awake(page);
    await page.getByLabel('Name').fill('Bob');
    await page.getByLabel('E-mail').fill('bob@example.org');
    await page.getByLabel('Password').fill('the first word');
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByRole('heading', { name: 'Confirm your address' }).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await page.goto(linkIn(await mail.mailTo('bob@example.org', ({ subject }) => /Confirm/.test(subject))));
    await awake(page);
    await page.getByRole('button', { name: 'Confirm the address' }).click();
    await page.getByRole('heading', { name: 'Your address is confirmed' }).waitFor();

    await page.goto('/sign-in');
    await awake(page);
    await page.getByRole('link', { name: 'Forgot your password?' }).click();
    // The page before has a field of the same name.
    await page.getByRole('heading', { name: 'Forgot your password?' }).waitFor();
    await page.getByLabel('E-mail').fill('bob@example.org');
    await page.getByRole('button', { name: 'Send the link' }).click();
    await page.getByRole('heading', { name: 'Look at your mail' }).waitFor();
    await page.goto(linkIn(await mail.mailTo('bob@example.org', ({ subject }) => /new password/.test(subject))));
    await awake(page);
    await page.getByLabel('New password').fill('the second word');
    await page.getByRole('button', { name: 'Set the password' }).click();
    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.getByLabel('E-mail').fill('bob@example.org');
    await page.getByLabel('Password').fill('the second word');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Bob' }).waitFor();
    expect(problems).toEqual([]);
  });

  /** The first member is the admin. */
  async function invite(): Promise<string> {
    const { page } = await polylogue.open();
    await page.goto('/sign-in');
    await goThrough(page, 'ann');
    await page.getByRole('button', { name: 'Ann Lee' }).waitFor();
    const query = 'mutation { createInvitation(input: {}) { url } }';
    const response = await page.request.post('/graphql', { data: { query }, headers: { origin: polylogue.url } });
    return (await response.json()).data.createInvitation.url;
  }
});

function linkIn({ text }: { text: string }): string {
  return /https?:\S+/.exec(text)?.[0] ?? '';
}
