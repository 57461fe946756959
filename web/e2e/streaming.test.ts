import { describe, expect } from 'vitest';
import { chromiumPath, everythingIsAsked } from './setup/browser.ts';
import { answersOf, chooseModels, holdBack, lanes, send, signedUp, signIn } from './setup/chat-page.ts';
import { awake } from './setup/people.ts';
import { type Polylogue, test } from './setup/polylogue.ts';

describe.skipIf(!chromiumPath && !everythingIsAsked)('streaming answers', () => {
  let polylogue: Polylogue;

  test.beforeAll(async ({ polylogues }) => {
    // The mock is as slow as a model, so that a reader can act meanwhile.
    polylogue = await polylogues.open({ settings: { MOCK_PACE: '1' } });
  });

  test('three models answer side by side, and the page shows the same after a reload', async () => {
    const { page, problems } = await signedUp(polylogue);
    await chooseModels(page, ['Swift', 'Sage', 'Poet']);
    await send(page, 'Compare a queue with a stack');
    await page.waitForURL('**/c/**');
    // The address changes before the page is drawn.
    await page.waitForFunction(() => document.title === 'Compare a queue with a stack · Polylogue');
    await lanes(page, 'STREAMING').first().waitFor();
    await lanes(page, 'COMPLETED').nth(2).waitFor();
    const seen = await answersOf(page);
    expect(seen).toHaveLength(3);
    expect(seen.every((answer) => answer.length > 20)).toBe(true);
    await page.reload();
    expect(await answersOf(page)).toEqual(seen);
    expect(problems).toEqual([]);
  });

  test('a page that is reloaded in mid-stream goes on without a lost or doubled character', async () => {
    const { page, problems } = await signedUp(polylogue, { models: ['Sage', 'Thinker', 'Poet'] });
    await send(page, 'Explain the tides at length, with a table');
    await page.waitForURL('**/c/**');
    for (const least of [40, 200, 400]) {
      await page.waitForFunction(
        (count) => (document.querySelector('.answer')?.textContent?.length ?? 0) > count,
        least,
      );
      await page.reload();
      // The server's page already contains the text so far.
      await expect
        .poll(async () => (await page.locator('.answer').first().textContent())?.length)
        .toBeGreaterThan(least / 2);
    }
    await lanes(page, 'COMPLETED').nth(2).waitFor();
    const followed = await answersOf(page);
    await page.reload();
    expect(await answersOf(page)).toEqual(followed);
    expect(problems).toEqual([]);
  });

  test('one lane is stopped, and the others go on', async () => {
    const { page, problems } = await signedUp(polylogue, { models: ['Sage', 'Swift'] });
    await send(page, 'Tell me about lighthouses');
    const sage = page.getByRole('article', { name: 'Sage' });
    await sage.locator('.answer').waitFor();
    await sage.getByRole('button', { name: 'Stop Sage' }).click();
    await sage.getByText('Stopped by you').waitFor();
    await page.getByRole('article', { name: 'Swift' }).and(lanes(page, 'COMPLETED')).waitFor();
    const kept = await answersOf(page);
    await page.reload();
    expect(await answersOf(page)).toEqual(kept);
    expect(problems).toEqual([]);
  });

  test('a stop pressed before the answer was known stops the answer', async () => {
    const { page, problems } = await signedUp(polylogue, { models: ['Sage', 'Swift'] });
    const mutation = await holdBack(page, 'SendPrompt');
    await send(page, 'Tell me about lighthouses at length');
    await page.getByRole('button', { name: 'Stop Sage' }).click();
    await mutation.letGo();
    await page.getByRole('article', { name: 'Sage' }).getByText('Stopped by you').waitFor();
    await page.getByRole('article', { name: 'Swift' }).and(lanes(page, 'COMPLETED')).waitFor();
    expect(problems).toEqual([]);
  });

  test('the focus on a button of a pending prompt moves to its turn', async () => {
    const { page, problems } = await signedUp(polylogue, { models: ['Swift', 'Sage'] });
    const stop = page.getByRole('button', { name: 'Stop Sage' });
    const isFocused = () => stop.evaluate((button) => button === document.activeElement);
    // The first prompt is sent from a new chat, the second from the conversation that it has become.
    for (const [index, prompt] of ['Tell me about lighthouses', 'And about harbours'].entries()) {
      const mutation = await holdBack(page, 'SendPrompt');
      await send(page, prompt);
      await stop.focus();
      await mutation.letGo();
      await page.locator('[data-turn=pending]').waitFor({ state: 'detached' });
      expect(await isFocused()).toBe(true);
      await page.keyboard.press('Enter');
      await lanes(page, 'STOPPED').nth(index).waitFor();
      const holder = await page.evaluate(() => document.activeElement?.getAttribute('data-status'));
      expect(holder).toBe('STOPPED');
    }
    expect(problems).toEqual([]);
  });

  test('regenerating and stopping by keyboard keep the focus in the lane, and each line of a prompt has its own direction', async () => {
    const { page, problems } = await signedUp(polylogue, { models: ['Sage'] });
    await send(page, 'npm start\nשלום');
    await page.waitForURL('**/c/**');
    const lane = page.getByRole('article', { name: 'Sage' });
    const focused = () =>
      lane.evaluate((element) => element.contains(document.activeElement) && document.activeElement?.tagName);
    for (let round = 0; round < 2; round++) {
      await lane.getByRole('button', { name: 'Stop Sage' }).focus();
      await page.keyboard.press('Enter');
      await lanes(page, 'STOPPED').waitFor();
      expect(await focused()).toBe('ARTICLE');
      await page.keyboard.press('Tab');
      expect(await focused()).toBe('BUTTON');
      await lane.getByRole('button', { name: 'Ask again' }).focus();
      await page.keyboard.press('Enter');
      await page.getByRole('menuitem', { name: 'Ask Sage again' }).waitFor();
      await page.keyboard.press('Enter');
      await lane.getByRole('button', { name: 'Stop Sage' }).waitFor();
      await expect.poll(focused).toBe('ARTICLE');
    }
    await lane.getByRole('button', { name: 'Stop Sage' }).click();
    await lanes(page, 'STOPPED').waitFor();
    const gaps = await page
      .getByRole('paragraph')
      .filter({ hasText: 'שלום' })
      .evaluate((prompt) => {
        const box = prompt.getBoundingClientRect();
        const lines = document.createRange();
        lines.selectNodeContents(prompt);
        return [...lines.getClientRects()]
          .filter(({ width }) => width > 0)
          .map((line) => [line.left - box.left, box.right - line.right]);
      });
    expect(gaps.map(([left = 0, right = 0]) => left <= right)).toEqual([true, false]);
    expect(problems).toEqual([]);
  });

  test('a new password signs out every other browser, and an answer in this one goes on', async () => {
    const { page, problems, email } = await signedUp(polylogue, { models: ['Sage'] });
    const { page: other } = await polylogue.open();
    await signIn(other, email, 'correct horse');
    await send(page, 'Tell me about harbours');
    await page.waitForURL('**/c/**');
    await lanes(page, 'STREAMING').waitFor();
    const settings = await page.context().newPage();
    await settings.goto('/settings');
    await awake(settings);
    await settings.getByLabel('Current password').fill('wrong horse');
    await settings.getByLabel('New password').fill('another horse');
    await settings.keyboard.press('Enter');
    await settings.getByText('This is not your password.').waitFor();
    await settings.getByLabel('Current password').fill('correct horse');
    await settings.keyboard.press('Enter');
    await settings.getByText('Your password is changed.').first().waitFor();
    await lanes(page, 'COMPLETED').waitFor();
    const [shown] = await answersOf(page);
    await page.reload();
    await expect.poll(() => answersOf(page)).toEqual([shown]);
    await other.goto('/usage');
    await signIn(other, email, 'another horse');
    await other.waitForURL('**/usage');
    expect(problems).toEqual([]);
  });
});
