import { describe, expect } from 'vitest';
import { chromiumPath, everythingIsAsked } from './setup/browser.ts';
import { awake, seriousFaults } from './setup/people.ts';
import { test } from './setup/polylogue.ts';

describe.skipIf(!chromiumPath && !everythingIsAsked)('the admin’s first visit', () => {
  test('whoever makes the first account says who may sign up and invites, and is warned of mock models', async ({
    polylogues,
  }) => {
    const polylogue = await polylogues.open({ empty: true });
    const { page, problems } = await polylogue.open();
    await page.goto('/sign-up');
    await awake(page);
    await page.getByLabel('Name').fill('Ada');
    await page.getByLabel('E-mail').fill('ada@example.org');
    await page.getByLabel('Password').fill('correct horse');
    await page.getByRole('button', { name: 'Create account' }).click();

    await page.getByRole('link', { name: 'Set it up in three steps' }).click();
    await page.getByRole('heading', { name: 'Three steps, and your team can move in' }).waitFor();
    await awake(page);
    expect(await seriousFaults(page)).toEqual([]);
    const rules = page.getByRole('group', { name: 'Who may sign up' });
    await rules.getByLabel('People of your domains').check();
    await page.getByLabel('Domains', { exact: true }).fill('nothing at all');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('alert').getByText('Enter domains such as example.org').waitFor();
    await rules.getByLabel('People with an invitation').check();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('The rule is in force.', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Create link' }).click();
    const link = await page.getByRole('status').locator('code').textContent();
    expect(link).toContain('/sign-up?invitation=');

    const stranger = await polylogue.open();
    await stranger.page.goto('/sign-up');
    await stranger.page
      .getByText(/invitation/)
      .first()
      .waitFor();
    expect(await stranger.page.getByRole('button', { name: 'Create account' }).count()).toBe(0);

    await page.getByRole('link', { name: 'Go to the Overview' }).click();
    await page.getByText('Mock models are answering.').waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await page.getByRole('link', { name: 'First steps' }).click();
    await page.getByRole('link', { name: 'Start chatting' }).click();
    await page.getByRole('textbox', { name: 'Prompt', exact: true }).waitFor();
    expect(await page.getByRole('complementary', { name: 'First steps' }).count()).toBe(0);
    expect(problems).toEqual([]);
  });
});
