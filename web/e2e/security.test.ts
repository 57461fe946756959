import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { totpCode } from '../../server/test/setup/totp.ts';
import { chromiumPath, everythingIsAsked } from './setup/browser.ts';
import { awake, emailOf, member, type Person, seriousFaults } from './setup/people.ts';
import { type Polylogue, test } from './setup/polylogue.ts';

const password = 'correct horse';

describe.skipIf(!chromiumPath && !everythingIsAsked)('the safety of accounts in the browser', () => {
  let polylogue: Polylogue;
  let admin: Person;

  test.beforeAll(async ({ polylogues }) => {
    polylogue = await polylogues.open({ empty: true });
    admin = await member(polylogue, 'Ada');
  });

  test('a second factor is set up, asked for at the next sign-in, and turned off', async () => {
    const { page, problems } = await member(polylogue, 'Grace');
    await openSecurity(page);
    await page.getByRole('button', { name: 'Set it up' }).click();
    await page.getByLabel('Your password').fill('not this one');
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByText('This is not your password.').waitFor();
    await page.getByLabel('Your password').fill(password);
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByRole('img', { name: 'The QR code for your app' }).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    const secret = ((await page.locator('code').textContent()) ?? '').replaceAll(' ', '');
    await page.getByLabel('The code that the app shows').fill(totpCode(secret));
    await page.getByRole('button', { name: 'Turn on' }).click();
    const codes = page.getByRole('list', { name: 'Backup codes' }).getByRole('listitem');
    await expect.poll(() => codes.count()).toBe(10);
    const backupCode = (await codes.first().textContent()) ?? '';
    await page.getByRole('button', { name: 'I have kept them' }).click();
    await page.getByRole('button', { name: 'Turn off' }).waitFor();

    await signOutAndIn(page);
    await page.getByLabel('The code that your app shows').fill('000000');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('This code is wrong or too old.').waitFor();
    await page.getByLabel('The code that your app shows').fill(totpCode(secret, 1));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('textbox', { name: 'Prompt' }).waitFor();

    await openSecurity(page);
    await signOutAndIn(page);
    await page.getByRole('button', { name: 'Use a backup code' }).click();
    await page.getByLabel('A backup code').fill(backupCode);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('textbox', { name: 'Prompt' }).waitFor();

    await openSecurity(page);
    await page.getByRole('button', { name: 'Turn off' }).click();
    await page.getByLabel('Your password').fill(password);
    await page.getByRole('button', { name: 'Turn off' }).click();
    await page.getByRole('button', { name: 'Set it up' }).waitFor();
    // The refusals above are answers with status 400 and 401, which the browser reports.
    expect(problems.filter((problem) => !/status of 40[01]/.test(problem))).toEqual([]);
  });

  test('another browser is signed out, the data are downloaded, and the account is deleted', async () => {
    const { page, problems, email } = await member(polylogue, 'Alan');
    await page.request.post('/api/auth/sign-in/email', {
      data: { email, password },
      headers: { origin: polylogue.url, 'user-agent': 'Mozilla/5.0 (iPhone) Version/18.5 Mobile Safari/604.1' },
    });
    await openSecurity(page);
    const list = page.getByRole('list', { name: 'Your sessions' }).getByRole('listitem');
    expect(await list.count()).toBe(2);
    expect(await seriousFaults(page)).toEqual([]);
    await page.getByRole('button', { name: /^Sign out / }).click();
    await expect.poll(() => list.count()).toBe(1);

    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download my data' }).click();
    expect((await download).suggestedFilename()).toBe('polylogue-my-data.json');

    await page.getByRole('button', { name: 'Delete my account' }).click();
    await page.getByRole('dialog').getByLabel('Your password').fill(password);
    expect(await seriousFaults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Delete for good' }).click();
    await page.waitForURL('**/sign-in');
    await signIn(page, email);
    await page.getByText('The e-mail address or the password is wrong.').waitFor();
    expect(problems.filter((problem) => !/status of 401/.test(problem))).toEqual([]);
  });

  test('an auditor reads members and the audit log, and finds no way to change them', async () => {
    const auditor = await member(polylogue, 'Barbara');
    await admin.page.goto('/admin/users');
    await awake(admin.page);
    await admin.page.getByRole('combobox', { name: 'Role of Barbara' }).selectOption('Auditor');
    await admin.page.getByText('Barbara is an auditor now.').first().waitFor();

    const { page, problems } = auditor;
    await page.goto('/admin');
    const tabs = page.getByRole('navigation', { name: 'Admin' }).getByRole('link');
    expect(await tabs.allTextContents()).toEqual(['Overview', 'Members', 'Teams', 'Models', 'Audit log']);
    await page.goto('/admin/users');
    await page.getByRole('cell', { name: 'Auditor' }).first().waitFor();
    const table = page.getByRole('table', { name: 'Members' });
    expect(await table.getByRole('combobox').count()).toBe(0);
    expect(await table.getByRole('cell').getByRole('button').count()).toBe(0);
    await page.goto('/admin/audit');
    await awake(page);
    await page.getByRole('button', { name: 'Check the log' }).click();
    await page.getByText(/^Unbroken since/).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    expect(problems).toEqual([]);
  });

  async function openSecurity(page: Page): Promise<void> {
    await page.goto('/settings/security');
    await awake(page);
  }

  async function signOutAndIn(page: Page): Promise<void> {
    await page.context().clearCookies();
    await page.goto('/sign-in');
    await signIn(page, emailOf(polylogue, 'Grace'));
    await page.waitForURL('**/sign-in/code');
    await awake(page);
  }

  async function signIn(page: Page, email: string): Promise<void> {
    await awake(page);
    await page.getByLabel('E-mail').fill(email);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
  }
});
