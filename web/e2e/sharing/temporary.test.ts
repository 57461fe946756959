import { describe, expect } from 'vitest';
import { chromiumPath, everythingIsAsked } from '../setup/browser.ts';
import { lanes, promptOf, signedUp } from '../setup/chat-page.ts';
import { awake, seriousFaults } from '../setup/people.ts';
import { type Polylogue, test } from '../setup/polylogue.ts';

describe.skipIf(!chromiumPath && !everythingIsAsked)('a temporary chat in the browser', () => {
  let polylogue: Polylogue;
  test.beforeAll(async ({ polylogues }) => {
    polylogue = await polylogues.open();
  });

  test('is in no list, comes back by its address after a reload, and is left or deleted for good', async () => {
    const { page, problems, graphql } = await signedUp(polylogue, { models: ['Swift'] });
    await page.getByRole('switch', { name: 'Temporary' }).click();
    await page.getByText('Text is deleted when you leave, at the latest in 24 hours.').waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await promptOf(page).fill('A passing thought');
    await page.keyboard.press('Enter');
    await lanes(page, 'COMPLETED').waitFor();
    await page.waitForURL(/\/c\//);
    expect(await page.locator('li[data-row]').count()).toBe(0);
    await page.reload();
    await awake(page);
    await page.getByText('Not kept.').waitFor();
    await lanes(page, 'COMPLETED').waitFor();
    expect(await page.locator('li[data-row]').count()).toBe(0);
    expect(await seriousFaults(page)).toEqual([]);
    const left = page.waitForRequest((request) => request.postData()?.includes('leaveTemporary') === true);
    const address = page.url();
    await page.getByRole('link', { name: 'New chat' }).click();
    await left;
    await page.goto(address);
    await awake(page);
    await page.getByRole('button', { name: 'Delete now' }).click();
    await page.waitForURL(/\/$/);
    const { conversations } = await graphql<{ conversations: { totalCount: number } }>(
      '{ conversations { totalCount } }',
    );
    expect(conversations.totalCount).toBe(0);
    expect((await page.goto(address))?.status()).toBe(404);
    expect(problems.filter((problem) => !problem.includes('404'))).toEqual([]);
  });
});
