import type { Locator, Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { chromiumPath, everythingIsAsked } from '../setup/browser.ts';
import { lanes, promptOf, signedUp, withConversation } from '../setup/chat-page.ts';
import { awake, newcomer, seriousFaults } from '../setup/people.ts';
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

/** Opens the sheet of conversations, and the menu of a row in it. */
async function openedMenu(page: Page, conversations: string, more: string | RegExp) {
  await page.getByRole('button', { name: conversations, exact: true }).tap();
  // The menu hides it from those who cannot see.
  const sheet = page.getByRole('dialog', { name: conversations, includeHidden: true });
  await sheet.getByRole('button', { name: more }).tap();
  const menu = page.getByRole('menu');
  await menu.waitFor();
  return { sheet, menu };
}

async function boxOf(element: Locator) {
  const box = await element.boundingBox();
  if (!box) throw new Error('It is not shown.');
  return box;
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
    await page.getByRole('button', { name: 'Conversations', exact: true }).tap();
    await page.getByRole('dialog', { name: 'Conversations' }).waitFor();
    expect(await page.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('dialog');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog', { name: 'Conversations' }).waitFor({ state: 'detached' });
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

  test('has what a menu leads to in the menu’s place, where there is no room beside it', async () => {
    const { page, problems } = await withConversation(polylogue, {
      ...phone,
      prompts: ['Name a lake'],
      models: ['Swift'],
    });
    const { sheet, menu } = await openedMenu(page, 'Conversations', 'More for Name a lake');
    await menu.getByRole('menuitem', { name: 'Export' }).tap();
    await menu.getByRole('menuitem', { name: 'Print' }).waitFor();
    const forms = menu.getByRole('menuitem');
    expect((await forms.allTextContents()).map((text) => text.trim())).toEqual([
      'Back',
      'Markdown',
      'HTML',
      'JSON, with all branches',
      'Print',
    ]);
    for (const form of await forms.all()) expect((await boxOf(form)).height).toBeGreaterThanOrEqual(44);
    const { x, width } = await boxOf(menu);
    expect([x >= 0, x + width <= 390]).toEqual([true, true]);
    expect(await seriousFaults(page)).toEqual([]);
    // The keys stay in the menu, though the item is gone that was pressed.
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await menu.getByRole('menuitem', { name: 'Rename' }).waitFor();
    await menu.getByRole('menuitem', { name: 'Export' }).tap();
    const download = page.waitForEvent('download');
    await menu.getByRole('menuitem', { name: 'Markdown' }).tap();
    expect((await download).suggestedFilename()).toBe('Name a lake.md');
    await menu.waitFor({ state: 'detached' });
    expect((await boxOf(sheet)).x).toBe(0);
    expect(problems).toEqual([]);
  });

  test('lists presets over the answers, and chooses one by a finger', async () => {
    const { page, graphql, problems } = await newcomer(polylogue, phone);
    await graphql('mutation { createPreset(input: { name: "Verse", modelIds: ["mock/poet"] }) { id } }');
    await page.goto('/?model=mock/swift');
    await awake(page);
    await promptOf(page).fill('/');
    await page.getByRole('option', { name: /Verse/ }).tap();
    await page.getByRole('button', { name: 'Leave the preset Verse' }).waitFor();
    expect(problems).toEqual([]);
  });

  test('has the sheet of conversations where an Arabic page begins', async () => {
    const { page, problems } = await withConversation(polylogue, {
      ...phone,
      prompts: ['Name a lake'],
      models: ['Swift'],
    });
    await page.context().addCookies([{ name: 'locale', value: 'ar', url: polylogue.url }]);
    await page.reload();
    await awake(page);
    const { sheet, menu } = await openedMenu(page, 'المحادثات', /Name a lake/);
    for (const layer of [sheet, menu]) {
      const { x, width } = await boxOf(layer);
      expect([x > 0, x + width <= 390]).toEqual([true, true]);
    }
    const { x, width } = await boxOf(sheet);
    expect(x + width).toBe(390);
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
