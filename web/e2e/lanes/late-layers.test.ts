import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { chromiumPath, everythingIsAsked } from '../setup/browser.ts';
import { promptOf } from '../setup/chat-page.ts';
import { awake, newcomer, type Person } from '../setup/people.ts';
import { type Polylogue, test } from '../setup/polylogue.ts';

const script = /\/assets\/layers-[^/]*\.js$/;

describe.skipIf(!chromiumPath && !everythingIsAsked)('what opens over a page before its script is loaded', () => {
  let polylogue: Polylogue;

  test.beforeAll(async ({ polylogues }) => {
    polylogue = await polylogues.open();
  });

  /** A new chat whose script of menus and dialogs comes when `load` is called. */
  async function waiting(): Promise<Person & { load: () => void }> {
    let load = () => {};
    const wanted = new Promise<void>((resolve) => {
      load = resolve;
    });
    const person = await newcomer(polylogue, { viewport: { width: 1440, height: 900 } });
    await person.page.route(script, async (route) => {
      await wanted;
      await route.continue();
    });
    await person.page.goto('/');
    await awake(person.page);
    return { ...person, load };
  }

  const focused = (page: Page) => page.evaluate(() => document.activeElement?.textContent);

  test('the words that are typed for the palette go to it, not into the prompt, and Enter runs what they find', async () => {
    const { page, problems, load } = await waiting();
    await promptOf(page).fill('Why');
    await page.keyboard.press('Control+k');
    await page.keyboard.type('leaderb');
    await page.keyboard.press('Escape');
    expect(await page.getByRole('dialog').count()).toBe(0);
    await expect.poll(() => promptOf(page).and(page.locator(':focus')).count()).toBe(1);
    expect(await promptOf(page).inputValue()).toBe('Why');
    await page.keyboard.press('Control+k');
    await page.keyboard.type('leaderboard');
    await page.keyboard.press('Enter');
    load();
    await page.getByRole('heading', { name: 'Leaderboard', level: 1 }).waitFor();
    expect(problems).toEqual([]);
  });

  test('a menu opens for a press or a key, holds the focus and gives it back', async () => {
    const { page, problems, load } = await waiting();
    const button = page.getByRole('button', { name: /Ada/ });
    await button.click();
    expect(await button.getAttribute('aria-expanded')).toBe('true');
    load();
    await page.getByRole('menuitem', { name: 'Settings' }).waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => button.and(page.locator(':focus')).count()).toBe(1);

    const other = await waiting();
    await other.page.getByRole('button', { name: /Ada/ }).focus();
    await other.page.keyboard.press('Enter');
    other.load();
    const items = other.page.getByRole('menuitem');
    await items.first().waitFor();
    await expect.poll(() => focused(other.page)).toBe(await items.first().textContent());
    await other.page.keyboard.press('ArrowDown');
    await expect.poll(() => focused(other.page)).toBe(await items.nth(1).textContent());
    expect([...problems, ...other.problems]).toEqual([]);
  });

  test('a menu whose script cannot be had says so, and opens when it can', async () => {
    const { page } = await newcomer(polylogue, { viewport: { width: 1440, height: 900 } });
    await page.route(script, (route) => route.abort());
    await page.goto('/');
    await awake(page);
    const button = page.getByRole('button', { name: /Ada/ });
    await button.click();
    await page.getByText('The server could not be reached. Try again.').first().waitFor();
    expect(await button.getAttribute('aria-expanded')).toBe('false');
    await page.unroute(script);
    await button.click();
    await page.getByRole('menuitem', { name: 'Settings' }).waitFor();
  });
});
