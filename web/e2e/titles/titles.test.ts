import { describe, expect } from 'vitest';
import { chromiumPath, everythingIsAsked } from '../setup/browser.ts';
import { awake, member, seriousFaults, settled } from '../setup/people.ts';
import { type Polylogue, test } from '../setup/polylogue.ts';

const scripts = {
  'What are tides?': { text: 'The sea rises and falls, twice a day.' },
  otherwise: { text: '“The breath of the sea.”' },
};

describe.skipIf(!chromiumPath && !everythingIsAsked)('titles that a model writes, in the browser', () => {
  let polylogue: Polylogue;

  test.beforeAll(async ({ polylogues }) => {
    // Which model writes titles is a setting of the whole server.
    polylogue = await polylogues.openScripted(scripts, { empty: true });
  });

  test('an admin chooses the model, and the title comes to the page, the list and other tabs by itself', async () => {
    const { page, problems } = await member(polylogue, 'Ada');
    await page.goto('/admin/settings');
    await awake(page);
    const choice = page.getByRole('combobox', { name: 'Model that writes titles' });
    expect(await choice.inputValue()).toBe('');
    await choice.selectOption({ label: 'Reader (Scripted), 0 and 0 credits per million tokens' });
    await page.getByText('Reader names new conversations from now on.', { exact: true }).waitFor();
    await expect.poll(() => choice.inputValue()).toBe('scripted/reader');
    expect(await seriousFaults(page)).toEqual([]);

    await page.goto('/');
    await awake(page);
    await page.getByRole('textbox', { name: 'Prompt' }).fill('What are tides?');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'The breath of the sea' }).waitFor();
    const list = page.getByRole('navigation', { name: 'Conversations' });
    await list.getByRole('link', { name: 'The breath of the sea' }).waitFor();
    await expect.poll(() => page.title()).toBe('The breath of the sea · Polylogue');
    await settled(page);
    expect(await page.getByRole('log').textContent()).not.toContain('breath');

    const other = await member(polylogue, 'Ada');
    await other.page.goto(new URL(page.url()).pathname);
    await awake(other.page);
    await page.getByRole('button', { name: 'Rename conversation' }).click();
    await page.getByRole('textbox', { name: 'Title' }).fill('Tides');
    await page.keyboard.press('Enter');
    await other.page.getByRole('heading', { name: 'Tides', exact: true }).waitFor();
    await other.page
      .getByRole('navigation', { name: 'Conversations' })
      .getByRole('link', { name: 'Tides', exact: true })
      .waitFor();

    await page.goto('/admin?by=user');
    await awake(page);
    await page.getByRole('row', { name: /This server/ }).waitFor();
    expect([...problems, ...other.problems]).toEqual([]);
  });
});
