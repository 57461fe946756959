import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { chromiumPath, everythingIsAsked } from '../setup/browser.ts';
import { lanes, promptOf, signedUp } from '../setup/chat-page.ts';
import { awake, seriousFaults } from '../setup/people.ts';
import { type Polylogue, test } from '../setup/polylogue.ts';

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** What in sight can be pressed and is smaller than a thumb, but for words in a line, whose surroundings can be pressed. */
function smallTargets(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('main button, main header a, [role=dialog] button, [role=tab]')].flatMap(
      (target) => {
        const { width, height } = target.getBoundingClientRect();
        const isSmall = width > 0 && (width < 44 || height < 44) && !target.closest('.answer, dl');
        return isSmall ? `${target.getAttribute('aria-label') ?? target.textContent}: ${width} × ${height}` : [];
      },
    ),
  );
}

describe.skipIf(!chromiumPath && !everythingIsAsked)('a phone', () => {
  let polylogue: Polylogue;

  test.beforeAll(async ({ polylogues }) => {
    polylogue = await polylogues.open();
  });

  test('asks through one button and its sheet, with targets as large as a thumb', async () => {
    const { page, problems } = await signedUp(polylogue, { ...phone, models: ['Swift', 'Sage'] });
    // No keyboard that nobody asked for.
    expect(await promptOf(page).evaluate((area) => area === document.activeElement)).toBe(false);
    expect(await smallTargets(page)).toEqual([]);
    await page.getByRole('button', { name: '2 models: choose what is asked' }).tap();
    const sheet = page.getByRole('dialog', { name: 'What is asked' });
    await sheet.getByRole('button', { name: 'Remove Sage' }).tap();
    await sheet.getByRole('button', { name: 'Add a model' }).tap();
    await page.getByRole('option', { name: /Poet/ }).tap();
    expect(await page.evaluate(() => document.activeElement?.tagName)).not.toBe('INPUT');
    await page.keyboard.press('Escape');
    await page.getByRole('listbox').waitFor({ state: 'detached' });
    await sheet.getByRole('spinbutton', { name: 'Temperature' }).fill('0.5');
    expect(await smallTargets(page)).toEqual([]);
    expect(await seriousFaults(page)).toEqual([]);
    await sheet.getByRole('button', { name: 'Done' }).tap();
    await sheet.waitFor({ state: 'detached' });
    await page.getByLabel('parameters changed').waitFor();
    await promptOf(page).fill('Name a river');
    await page.getByRole('button', { name: 'Send' }).tap();
    await page.waitForURL('**/c/**');
    await lanes(page, 'COMPLETED').first().waitFor();
    expect(await page.getByRole('tab').allTextContents()).toEqual([
      expect.stringContaining('Swift'),
      expect.stringContaining('Poet'),
    ]);
    await expect.poll(() => page.getByRole('button', { name: 'Send' }).count()).toBe(1);
    expect(await smallTargets(page)).toEqual([]);
    await page.getByRole('link', { name: 'New chat' }).tap();
    await page.waitForURL((url) => url.pathname === '/');
    expect(problems).toEqual([]);
  });

  test('keeps half of what is seen above the keyboard for the answers, however long the prompt', async () => {
    // The height that a keyboard leaves of a phone.
    const { page, problems } = await signedUp(polylogue, {
      ...phone,
      viewport: { width: 390, height: 440 },
      models: ['Swift', 'Sage'],
    });
    await awake(page);
    await promptOf(page).fill('Line\n'.repeat(30));
    const arena = await page.locator('.arena').boundingBox();
    expect(arena?.height).toBeGreaterThanOrEqual(440 / 2 - 16);
    expect(problems).toEqual([]);
  });
});
