import { describe, expect } from 'vitest';
import { chromiumPath, everythingIsAsked } from '../setup/browser.ts';
import { withConversation } from '../setup/chat-page.ts';
import { type Polylogue, test } from '../setup/polylogue.ts';

describe.skipIf(!chromiumPath && !everythingIsAsked)('a conversation on paper', () => {
  let polylogue: Polylogue;
  test.beforeAll(async ({ polylogues }) => {
    polylogue = await polylogues.open();
  });

  test('has all answers one below the other, with their figures, and nothing that only a screen can use', async () => {
    const models = ['Swift', 'Sage', 'Poet'];
    const { page, problems } = await withConversation(polylogue, { prompts: ['Explain the tides'], models });
    await page.waitForFunction(() => !document.querySelector('[data-unformatted]'));
    // A folded or a focused lane hides nothing from the paper.
    await page.getByRole('button', { name: 'Show only Poet' }).click();
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    await page.setViewportSize({ width: 794, height: 1123 });
    const lanes = page.locator('article[data-response]');
    const boxes = await lanes.evaluateAll((elements) => elements.map((element) => element.getBoundingClientRect()));
    expect(boxes).toHaveLength(3);
    for (const [at, box] of boxes.entries()) {
      expect(box.height).toBeGreaterThan(50);
      expect(box.right).toBeLessThanOrEqual(794);
      if (at > 0) expect(box.top).toBeGreaterThanOrEqual(boxes[at - 1]?.bottom ?? 0);
    }
    // The price is a button on a screen.
    expect(await page.locator('button:visible').allInnerTexts()).toEqual(Array(3).fill(expect.stringMatching(/ cr/)));
    expect(await page.locator('form:visible, textarea:visible, aside:visible, nav:visible').count()).toBe(0);
    // What the arena holds is not cut off at the end of the first page.
    const arena = await page
      .locator('.arena')
      .evaluate(({ scrollHeight, clientHeight }) => scrollHeight - clientHeight);
    expect(arena).toBe(0);
    expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe('light');
    const pages = (await page.pdf({ format: 'A4' })).toString('latin1').match(/\/Type\s*\/Page\b/g);
    expect(pages?.length).toBeGreaterThan(1);
    expect(problems).toEqual([]);
  });
});
