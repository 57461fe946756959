import { describe, expect } from 'vitest';
import { chromiumPath, everythingIsAsked } from './setup/browser.ts';
import { answersOf, holdBack, lanes, promptOf, send, signedUp, withConversation } from './setup/chat-page.ts';
import { awake, intercept, newcomer, openPalette, seriousFaults, settled } from './setup/people.ts';
import { type Polylogue, test } from './setup/polylogue.ts';

/** The number of turns on a page that is opened. */
const turnsAtOnce = 10;

if (!chromiumPath && !everythingIsAsked) console.log('Left out: the browser tests (no Chromium found).');

describe.skipIf(!chromiumPath && !everythingIsAsked)('chatting in the browser', () => {
  let polylogue: Polylogue;

  test.beforeAll(async ({ polylogues }) => {
    polylogue = await polylogues.open();
  });

  test('a wrong sign-up shows the mistake at its field, and a right one leads to the arena', async () => {
    const { page, problems } = await polylogue.open();
    await page.goto('/');
    await page.getByRole('link', { name: 'Create an account' }).click();
    await page.getByLabel('Name').fill('Ada');
    await page.getByLabel('E-mail').fill('ada');
    await page.getByLabel('Password').fill('correct horse');
    await page.keyboard.press('Enter');
    await page.getByText('This is not an e-mail address.').waitFor();
    expect(await page.getByLabel('E-mail').getAttribute('aria-invalid')).toBe('true');
    await page.getByLabel('E-mail').fill('ada@example.org');
    await page.keyboard.press('Enter');
    await promptOf(page).waitFor();
    expect(await page.title()).toBe('New chat · Polylogue');
    expect(problems).toEqual([]);
  });

  test('another model’s answer takes the place of the first, and the first can be shown again', async () => {
    const { page, problems } = await withConversation(polylogue, { prompts: ['Name a river'], models: ['Swift'] });
    await page.getByRole('button', { name: 'Ask again' }).click();
    await page.getByRole('menuitem', { name: 'Poet' }).click();
    const poet = page.getByRole('article', { name: 'Poet' });
    await poet.getByText('2/2').waitFor();
    await poet.and(lanes(page, 'COMPLETED')).waitFor();
    await poet.getByRole('button', { name: 'Earlier answer' }).click();
    await page.getByRole('article', { name: 'Swift' }).getByText('1/2').waitFor();
    expect(problems).toEqual([]);
  });

  test('a failed model shows that nothing was charged, and offers another try', async () => {
    const { page, problems } = await signedUp(polylogue, { models: ['Faulty', 'Swift'] });
    await send(page, 'Name a mountain');
    const failed = lanes(page, 'FAILED');
    await failed.getByText('Nothing was charged.').waitFor();
    await failed.getByRole('button', { name: /Try again|Ask again anyway/ }).waitFor();
    await lanes(page, 'COMPLETED').waitFor();
    expect(problems).toEqual([]);
  });

  test('an edited prompt is a branch, and the other branch can be shown again', async () => {
    const { page, problems } = await withConversation(polylogue, { prompts: ['Name a tree'], models: ['Swift'] });
    await page.getByRole('button', { name: 'Edit prompt' }).click();
    await page.getByRole('textbox', { name: 'Edit prompt' }).fill('Name a flower');
    await page.keyboard.press('Enter');
    await page.getByText('2/2').waitFor();
    await page.getByRole('button', { name: 'Earlier version' }).click();
    await page.getByRole('paragraph').filter({ hasText: 'Name a tree' }).first().waitFor();
    expect(await page.getByText('1/2').count()).toBe(1);
    expect(problems).toEqual([]);
  });

  test('key presses while a page loads do no harm', async () => {
    const { page, problems } = await signedUp(polylogue);
    await page.addInitScript(() => {
      // The page gets an event whenever the browser has time for one.
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        document.body?.dispatchEvent(new KeyboardEvent('keydown', { key: 'a', bubbles: true }));
        if (!document.querySelector('[role=dialog]')) port2.postMessage(null);
      };
      port2.postMessage(null);
    });
    await page.reload();
    await openPalette(page);
    expect(problems).toEqual([]);
  });

  test('a second page catches up when it gets the focus', async () => {
    const { page, problems } = await withConversation(polylogue, { prompts: ['Name a bird'], models: ['Swift'] });
    const other = await page.context().newPage();
    await other.goto(page.url());
    await awake(other);
    await send(page, 'Name a fish');
    await lanes(page, 'COMPLETED').nth(1).waitFor();
    await expect
      .poll(
        async () => {
          await other.evaluate(() => dispatchEvent(new Event('focus')));
          return lanes(other, 'COMPLETED').count();
        },
        { timeout: 30_000, interval: 500 },
      )
      .toBe(2);
    expect(await answersOf(other)).toEqual(await answersOf(page));
    expect(problems).toEqual([]);
  });

  test('a lookup from before a change does not undo the change', async () => {
    const { page, problems } = await withConversation(polylogue, { prompts: ['Name a bird'], models: ['Swift'] });
    const held: (() => Promise<void>)[] = [];
    await intercept(page, '**/graphql', async (route) => {
      const { query = '' } = route.request().postDataJSON();
      if (!/query (Conversation|Conversations)\(/.test(query)) return route.continue();
      const response = await route.fetch();
      held.push(() => route.fulfill({ response }));
    });
    // The answers about the conversation and the list are held back.
    await expect
      .poll(
        async () => {
          await page.evaluate(() => dispatchEvent(new Event('focus')));
          return held.length;
        },
        { timeout: 30_000, interval: 500 },
      )
      .toBeGreaterThanOrEqual(2);
    await page.getByRole('button', { name: 'Ask again' }).click();
    await page.getByRole('menuitem', { name: 'Poet' }).click();
    const poet = page.getByRole('article', { name: 'Poet' }).and(lanes(page, 'COMPLETED'));
    await poet.waitFor();
    await page.getByRole('button', { name: 'Rename' }).click();
    await page.getByRole('textbox', { name: 'Title' }).fill('Animals');
    await page.keyboard.press('Enter');
    const listed = page.getByRole('complementary').getByRole('link', { name: 'Animals' });
    await listed.waitFor();
    await Promise.all(held.map((release) => release()));
    await settled(page);
    expect(await poet.getByText('2/2').count()).toBe(1);
    expect(await listed.count()).toBe(1);
    expect(problems).toEqual([]);
  });

  test('another branch opens with its turn in the place of the arrows', async () => {
    const prompted = ['Name a tree', 'Name a bird', 'Name a fish', 'Name a cloud'];
    const person = await withConversation(polylogue, { prompts: prompted, models: ['Swift'] });
    const { page, problems, graphql, answered } = person;
    // These turns are added elsewhere, so that the turn where the branches part is further up than a page reaches.
    await graphql('mutation { changePlan(tier: ENTERPRISE) { id } }');
    let parentTurnId = person.turnId;
    for (let count = 0; count < turnsAtOnce; count++) {
      parentTurnId = (await answered(`And another, ${count}`, ['mock/swift'], { parentTurnId })).turnId;
    }
    await page.getByRole('button', { name: 'Edit prompt' }).nth(1).click();
    await page.getByRole('textbox', { name: 'Edit prompt' }).fill('Name a beetle');
    await page.keyboard.press('Enter');
    await page.getByText('2/2').waitFor();
    await lanes(page, 'COMPLETED').nth(1).waitFor();
    const prompts = (text: string) => page.locator('.turn h2 + p').filter({ hasText: text });
    const topOf = async (text: string) => (await prompts(text).boundingBox())?.y ?? 0;
    await page.locator('.arena').evaluate((arena) => arena.scrollBy(0, -150));
    const before = await topOf('Name a beetle');
    await page.getByRole('button', { name: 'Earlier version' }).focus();
    await page.keyboard.press('Enter');
    await prompts('Name a cloud').waitFor();
    expect(Math.abs((await topOf('Name a bird')) - before)).toBeLessThan(3);
    // The focus stays in its place.
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Tab');
    await page.getByRole('button', { name: 'Later version' }).press('Enter');
    await prompts('Name a beetle').waitFor();
    expect(Math.abs((await topOf('Name a beetle')) - before)).toBeLessThan(3);
    expect(problems).toEqual([]);
  });

  test('only the panes scroll in a low window, and a print shows the whole conversation', async () => {
    const { page } = await withConversation(polylogue, {
      prompts: ['Name a tree', 'Name a bird', 'Name a fish'],
      models: ['Swift', 'Poet'],
      viewport: { width: 1000, height: 450 },
    });
    const heightBeyond = () => page.evaluate(() => document.documentElement.scrollHeight - innerHeight);
    expect(await heightBeyond()).toBe(0);
    await page.emulateMedia({ media: 'print' });
    expect(await heightBeyond()).toBeGreaterThan(200);
    expect(await promptOf(page).isVisible()).toBe(false);
    await page.setViewportSize({ width: 700, height: 450 });
    for (const answer of await page.locator('.answer').all()) expect(await answer.isVisible()).toBe(true);
    await page.emulateMedia({ media: 'screen' });
    await page.goto('/usage');
    await page.getByRole('heading', { name: 'Used' }).waitFor();
    expect(await heightBeyond()).toBe(0);
  });

  test('the browser’s tab shows the new title', async () => {
    const { page } = await withConversation(polylogue, { prompts: ['Name a tree'], models: ['Swift'] });
    await page.getByRole('button', { name: 'Rename conversation' }).click();
    await page.getByRole('textbox', { name: 'Title' }).fill('Trees');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.title()).toBe('Trees · Polylogue');
    await page.getByRole('link', { name: 'New chat' }).click();
    await expect.poll(() => page.title()).toBe('New chat · Polylogue');
  });

  test('Enter breaks the line on a touch screen, and the chosen lane’s tab is in sight', async () => {
    const { page, problems } = await signedUp(polylogue, {
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
      models: ['Swift', 'Thinker', 'Sage'],
    });
    await promptOf(page).fill('Name a bird');
    await page.keyboard.press('Enter');
    await page.keyboard.type('and a fish');
    expect(await promptOf(page).inputValue()).toBe('Name a bird\nand a fish');
    expect(await promptOf(page).evaluate((area) => getComputedStyle(area).fontSize)).toBe('16px');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.waitForURL('**/c/**');
    const tabs = page.getByRole('tab');
    await tabs.first().focus();
    for (const _ of [1, 2]) await page.keyboard.press('ArrowRight');
    const chosen = page.getByRole('tab', { selected: true });
    await expect.poll(() => chosen.textContent()).toContain('Sage');
    expect(await chosen.evaluate((tab) => tab === document.activeElement)).toBe(true);
    const box = await chosen.boundingBox();
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(390);
    // The list is scrolled as by a swipe, and no focus brings the tab into sight.
    await page.getByRole('tablist').evaluate((list) => list.scrollTo(999, 0));
    await tabs.first().evaluate((tab: HTMLElement) => tab.click());
    await expect.poll(async () => (await tabs.first().boundingBox())?.x).toBeGreaterThanOrEqual(0);
    await page.getByRole('tabpanel', { name: /Swift/ }).waitFor();
    expect(problems).toEqual([]);
  });

  test('conversations are searched by their text, renamed, and deleted with a chance to undo', async () => {
    const { page, problems, answered } = await newcomer(polylogue);
    for (const prompt of ['All about zebras', 'All about otters']) await answered(prompt, ['mock/swift']);
    await page.goto('/');
    await awake(page);
    const list = page.getByRole('navigation', { name: 'Conversations' });
    await page.getByRole('searchbox', { name: 'Search conversations' }).fill('zebras');
    await list.getByRole('link', { name: 'All about otters' }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Clear search' }).click();
    await list.getByRole('link', { name: 'All about otters' }).waitFor();

    await list.getByRole('link', { name: 'All about zebras' }).hover();
    await list.getByRole('button', { name: 'More for All about zebras' }).click();
    await page.getByRole('menuitem', { name: 'Rename' }).click();
    await page.getByRole('textbox', { name: 'Title' }).fill('Striped horses');
    await page.keyboard.press('Enter');
    await list.getByRole('link', { name: 'Striped horses' }).waitFor();

    const remove = async () => {
      await list.getByRole('link', { name: 'Striped horses' }).hover();
      await list.getByRole('button', { name: 'More for Striped horses' }).click();
      await page.getByRole('menuitem', { name: 'Delete' }).click();
      await list.getByRole('link', { name: 'Striped horses' }).waitFor({ state: 'detached' });
    };
    await remove();
    await page.getByRole('button', { name: 'Undo' }).click();
    await list.getByRole('link', { name: 'Striped horses' }).waitFor();
    await remove();
    // Leaving the page does not undo the deletion.
    await page.goto('/settings');
    await expect
      .poll(async () => {
        await page.reload();
        return list.getByRole('link').allInnerTexts();
      })
      .toEqual(['All about otters']);
    expect(problems).toEqual([]);
  });

  test('a phone shows one lane at a time, chosen by its tab, and the list as a sheet', async () => {
    const { page, problems } = await signedUp(polylogue, {
      models: ['Swift', 'Poet'],
      viewport: { width: 390, height: 844 },
      hasTouch: true,
    });
    // The tab is chosen before the new chat becomes a conversation.
    const mutation = await holdBack(page, 'SendPrompt');
    await send(page, 'Name a bird');
    await page.getByRole('tab', { name: /Poet/ }).click();
    await mutation.letGo();
    await page.waitForURL(/\/c\//);
    await lanes(page, 'COMPLETED').last().waitFor();
    await page.getByRole('article', { name: 'Poet' }).waitFor();
    expect(await page.locator('article:visible').count()).toBe(1);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    await page.getByRole('button', { name: 'Conversations' }).click();
    const list = page.getByRole('dialog', { name: 'Conversations' });
    await list.getByRole('link', { name: 'Name a bird' }).waitFor();
    // Another conversation begins with its first lane.
    await page.unrouteAll();
    await list.getByRole('link', { name: 'New chat' }).click();
    await page.waitForURL((url) => url.pathname === '/');
    // The address changes before the page does.
    await expect.poll(() => page.getByRole('article').count()).toBe(0);
    await send(page, 'Name a tree');
    await page.getByRole('tab', { name: /Swift/, selected: true }).waitFor();
    await page.getByRole('article', { name: 'Swift' }).waitFor();
    expect(problems).toEqual([]);
  });

  test('an unknown conversation or page says so and leads back', async () => {
    const { page } = await signedUp(polylogue);
    expect((await page.goto('/c/nothing'))?.status()).toBe(404);
    await page.getByRole('heading', { name: 'Nothing here' }).waitFor();
    expect((await page.goto('/no/such/page'))?.status()).toBe(404);
    await page.getByRole('link', { name: 'Back to the chat' }).click();
    await promptOf(page).waitFor();
  });

  test('no page has a serious accessibility fault', async () => {
    const { page, problems } = await signedUp(polylogue, { models: ['Sage', 'Faulty', 'Thinker'] });
    expect(await seriousFaults(page)).toEqual([]);
    await send(page, 'Tell me about harbours, with code');
    await lanes(page, 'COMPLETED').nth(1).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await openPalette(page);
    expect(await seriousFaults(page)).toEqual([]);
    await page.goto('/settings');
    expect(await seriousFaults(page)).toEqual([]);
    expect(problems).toEqual([]);
  });
});
