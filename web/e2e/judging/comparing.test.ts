import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { chromiumPath, everythingIsAsked } from '../setup/browser.ts';
import { lanes, withConversation } from '../setup/chat-page.ts';
import { seriousFaults } from '../setup/people.ts';
import { type Polylogue, test } from '../setup/polylogue.ts';

describe.skipIf(!chromiumPath && !everythingIsAsked)('two answers compared by words in the browser', () => {
  let polylogue: Polylogue;
  test.beforeAll(async ({ polylogues }) => {
    polylogue = await polylogues.open();
  });

  test('the comparison marks the words of only one answer, also of a third one, and asks no model', async () => {
    const asked = { prompts: ['Why are there tides?'], models: ['Swift', 'Poet', 'Sage'] };
    const { page, problems } = await withConversation(polylogue, asked);
    await lanes(page, 'COMPLETED').nth(2).waitFor();
    const texts = await page
      .locator('article')
      .evaluateAll((all) => all.map((one) => one.getAttribute('data-response')));
    expect(new Set(texts).size).toBe(3);
    const requests: string[] = [];
    page.on('request', (request) => requests.push(new URL(request.url()).pathname));
    await page.getByRole('button', { name: 'Compare words' }).click();
    const dialog = page.getByRole('dialog', { name: 'Compare words' });
    const differences = dialog.getByRole('region', { name: 'Differences' });
    await differences.locator('ins').first().waitFor();
    expect(await differences.locator('del').count()).toBeGreaterThan(0);
    const first = await textWithout(page, 'ins');
    await dialog.getByRole('combobox', { name: 'Second answer' }).selectOption('Sage');
    await expect.poll(() => textWithout(page, 'ins')).toBe(first);
    // The answer of the other side is chosen here too: the two are exchanged.
    await dialog.getByRole('combobox', { name: 'First answer' }).selectOption('Sage');
    await expect.poll(() => textWithout(page, 'del')).toBe(first);
    expect(requests.filter((path) => !path.startsWith('/assets/'))).toEqual([]);
    expect(await seriousFaults(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Compare words' }).and(page.locator(':focus')).waitFor();
    expect(problems).toEqual([]);
  });
});

/** The compared text without the words that are only in one of the two answers. */
function textWithout(page: Page, mark: 'ins' | 'del'): Promise<string> {
  return page.getByRole('region', { name: 'Differences' }).evaluate((region, mark) => {
    const copy = region.cloneNode(true) as HTMLElement;
    for (const element of copy.querySelectorAll(mark)) element.remove();
    return copy.querySelector('p')?.textContent ?? '';
  }, mark);
}
