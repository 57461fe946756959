import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { chromiumPath, everythingIsAsked } from '../setup/browser.ts';
import { answersOf, lanes, promptOf, send, signedUp } from '../setup/chat-page.ts';
import { awake, openPalette, seriousFaults } from '../setup/people.ts';
import { type Polylogue, test } from '../setup/polylogue.ts';

const long = (topic: string) => `Explain ${topic} at length, with a table. Use a thousand words.`;

describe.skipIf(!chromiumPath && !everythingIsAsked)('keys, Stop and the list of conversations', () => {
  let polylogue: Polylogue;

  test.beforeAll(async ({ polylogues }) => {
    polylogue = await polylogues.open();
  });

  const hasFocus = (page: Page) =>
    promptOf(page).evaluate((area) => area === document.activeElement && document.hasFocus());

  test('Send is Stop while answers are written, beside the next prompt once it is begun, and Escape stops too', async ({
    polylogues,
  }) => {
    // The answers must not end before they are stopped, however slow the machine is.
    const slow = await polylogues.open({ settings: { MOCK_PACE: '1' } });
    const { page, problems } = await signedUp(slow, { models: ['Sage', 'Thinker'] });
    await expect.poll(() => hasFocus(page)).toBe(true);
    await send(page, long('lighthouses'));
    const stop = page.getByRole('button', { name: /^Stop (all|the answer)/ });
    await stop.waitFor();
    expect(await page.getByRole('button', { name: 'Send' }).count()).toBe(0);
    await promptOf(page).fill('And about harbours');
    await expect.poll(() => page.getByRole('button', { name: 'Send' }).isEnabled()).toBe(true);
    await promptOf(page).fill('');
    await stop.click();
    await lanes(page, 'STOPPED').first().waitFor();
    await page.getByRole('button', { name: 'Send' }).waitFor();
    expect(await hasFocus(page)).toBe(true);
    await expect.poll(() => lanes(page, 'STREAMING').count()).toBe(0);

    await send(page, long('harbours'));
    await lanes(page, 'STREAMING').first().waitFor();
    // Escape gives the width back to all lanes first.
    await page.locator('.turn:last-of-type [data-lane-head]').first().dblclick();
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('.turn:last-of-type .lane:visible').count()).toBe(2);
    await page.keyboard.press('Escape');
    await expect.poll(() => lanes(page, 'STREAMING').count()).toBe(0);
    await expect.poll(() => lanes(page, 'STOPPED').count()).toBeGreaterThanOrEqual(2);
    expect(problems).toEqual([]);
  });

  test('nothing in sight moves while text arrives', async () => {
    const { page, problems } = await signedUp(polylogue, {
      models: ['Sage', 'Thinker', 'Swift'],
      viewport: { width: 1440, height: 900 },
    });
    await send(page, 'Explain how tides work, with a table and code');
    await lanes(page, 'STREAMING').first().waitFor();
    await page.evaluate(() => {
      const shifts: string[] = [];
      Object.assign(window, { shifts });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries() as (PerformanceEntry & { value: number; sources: { node: Node }[] })[]) {
          const names = entry.sources.map(({ node }) => (node as HTMLElement)?.outerHTML?.slice(0, 120));
          if (entry.value > 0.001) shifts.push(`${entry.value} ${names.join(' | ')}`);
        }
      }).observe({ type: 'layout-shift' });
    });
    await expect.poll(() => lanes(page, 'COMPLETED').count(), { timeout: 40_000 }).toBe(3);
    expect((await answersOf(page)).every((answer) => answer.length > 0)).toBe(true);
    expect(await page.evaluate(() => Reflect.get(window, 'shifts'))).toEqual([]);
    expect(problems).toEqual([]);
  });

  test('Ctrl+B hides the list of conversations, also from the next page that is loaded, without a flash', async () => {
    const { page, problems } = await signedUp(polylogue, { viewport: { width: 1440, height: 900 } });
    const panel = page.getByRole('complementary');
    expect(await panel.isVisible()).toBe(true);
    await page.keyboard.press('Control+b');
    expect(await panel.isVisible()).toBe(false);
    const html = await (await page.request.get(page.url())).text();
    expect(html).toMatch(/<html[^>]* data-panel="hidden"/);
    await page.reload();
    await awake(page);
    expect(await panel.isVisible()).toBe(false);
    await page.getByRole('link', { name: 'New chat' }).waitFor();
    await page.getByRole('button', { name: 'Show the conversations' }).click();
    expect(await panel.isVisible()).toBe(true);
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe(
      'Hide the conversations',
    );
    expect(problems).toEqual([]);
  });

  test('the list of shortcuts opens by its keys, the palette and the account menu, and gives the focus back to the prompt', async () => {
    const { page, problems } = await signedUp(polylogue, { viewport: { width: 1440, height: 900 } });
    const list = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await page.keyboard.press('Control+/');
    await list.getByText('Hide or show the list of conversations').waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await list.waitFor({ state: 'detached' });
    await expect.poll(() => hasFocus(page)).toBe(true);
    await openPalette(page);
    await page.keyboard.type('shortcuts');
    await page.keyboard.press('Enter');
    await list.waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => hasFocus(page)).toBe(true);
    await page.getByRole('button', { name: /Ada/ }).click();
    await page.getByRole('menuitem', { name: 'Keyboard shortcuts' }).click();
    await list.waitFor();
    await page.keyboard.press('Control+/');
    await list.waitFor({ state: 'detached' });
    expect(problems).toEqual([]);
  });
});
