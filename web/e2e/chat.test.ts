import type { BrowserContextOptions, Locator, Page, Route } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPalette, seriousFaults } from './people.ts';
import { chromiumPath, everythingIsAsked, type Polylogue, startPolylogue } from './polylogue.ts';

if (!chromiumPath && !everythingIsAsked) console.log('Left out: the browser tests (no Chromium found).');

describe.skipIf(!chromiumPath && !everythingIsAsked)('in the browser', () => {
  let polylogue: Polylogue;
  let people = 0;

  beforeAll(async () => {
    polylogue = await startPolylogue();
  });
  afterAll(async () => {
    await polylogue?.close();
  });

  /** A new person's page, on the empty arena. */
  async function signedUp(options?: BrowserContextOptions) {
    const { page, problems } = await polylogue.open(options);
    await signUp(page);
    return { page, problems };
  }

  async function signUp(page: Page): Promise<void> {
    await page.goto('/sign-up');
    await page.getByLabel('Name').fill('Ada');
    await page.getByLabel('E-mail').fill(`person-${++people}@example.org`);
    await page.getByLabel('Password').fill('correct horse');
    await page.getByRole('button', { name: 'Create account' }).click();
    await promptOf(page).waitFor();
  }

  test('a wrong sign-up says so at the field, and a right one leads to the arena', async () => {
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

  test('three models answer side by side, and the page reads the same when it is loaded again', async () => {
    const { page, problems } = await signedUp();
    await chooseModels(page, ['Swift', 'Sage', 'Poet']);
    await send(page, 'Compare a queue with a stack');
    await page.waitForURL('**/c/**');
    // The address changes before the page has been drawn.
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

  test('a page that is loaded again in mid-stream goes on without a lost or doubled character', async () => {
    const { page, problems } = await signedUp();
    await chooseModels(page, ['Sage', 'Thinker', 'Poet']);
    await send(page, 'Explain the tides at length, with a table');
    await page.waitForURL('**/c/**');
    for (const least of [40, 200, 400]) {
      await page.waitForFunction(
        (count) => (document.querySelector('.answer')?.textContent?.length ?? 0) > count,
        least,
      );
      await page.reload();
      // The server's page already holds what was written by then.
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

  test('one lane is stopped and the others go on', async () => {
    const { page, problems } = await signedUp();
    await chooseModels(page, ['Sage', 'Swift']);
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

  test('an answer asked for again stands beside its first version, another model can take its place', async () => {
    const { page, problems } = await signedUp();
    await chooseModels(page, ['Swift']);
    await send(page, 'Name a river');
    await lanes(page, 'COMPLETED').waitFor();
    await page.getByRole('button', { name: 'Ask again' }).click();
    await page.getByRole('menuitem', { name: 'Poet' }).click();
    const poet = page.getByRole('article', { name: 'Poet' });
    await poet.getByText('2/2').waitFor();
    await poet.and(lanes(page, 'COMPLETED')).waitFor();
    await poet.getByRole('button', { name: 'Earlier answer' }).click();
    await page.getByRole('article', { name: 'Swift' }).getByText('1/2').waitFor();
    expect(problems).toEqual([]);
  });

  test('a failed model says what happened and what it cost, and offers the way on', async () => {
    const { page, problems } = await signedUp();
    await chooseModels(page, ['Faulty', 'Swift']);
    await send(page, 'Name a mountain');
    const failed = lanes(page, 'FAILED');
    await failed.getByText('Nothing was charged.').waitFor();
    await failed.getByRole('button', { name: /Try again|Ask again anyway/ }).waitFor();
    await lanes(page, 'COMPLETED').waitFor();
    expect(problems).toEqual([]);
  });

  test('an edited prompt is a branch, and one can go back to the other', async () => {
    const { page, problems } = await signedUp();
    await chooseModels(page, ['Swift']);
    await send(page, 'Name a tree');
    await lanes(page, 'COMPLETED').waitFor();
    await page.getByRole('button', { name: 'Edit prompt' }).click();
    await page.getByRole('textbox', { name: 'Edit prompt' }).fill('Name a flower');
    await page.keyboard.press('Enter');
    await page.getByText('2/2').waitFor();
    await page.getByRole('button', { name: 'Earlier version' }).click();
    await page.getByRole('paragraph').filter({ hasText: 'Name a tree' }).first().waitFor();
    expect(await page.getByText('1/2').count()).toBe(1);
    expect(problems).toEqual([]);
  });

  test('keys that come while a page wakes up do it no harm', async () => {
    const { page, problems } = await signedUp();
    await page.addInitScript(() => {
      // As often as a browser has time for anything.
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

  test('a second page catches up when one comes back to it', async () => {
    const { page, problems } = await signedUp();
    await chooseModels(page, ['Swift']);
    await send(page, 'Name a bird');
    await page.waitForURL('**/c/**');
    await lanes(page, 'COMPLETED').waitFor();
    const other = await page.context().newPage();
    await other.goto(page.url());
    await openPalette(other);
    await other.keyboard.press('Escape');
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

  test('what was looked up before a change does not undo it', async () => {
    const { page, problems } = await signedUp();
    await chooseModels(page, ['Swift']);
    await send(page, 'Name a bird');
    await page.waitForURL('**/c/**');
    await lanes(page, 'COMPLETED').waitFor();
    const held: (() => Promise<void>)[] = [];
    await page.route('**/graphql', async (route) => {
      const { query = '' } = route.request().postDataJSON();
      if (!/query (Conversation|Conversations)\(/.test(query)) return route.continue();
      const response = await route.fetch();
      held.push(() => route.fulfill({ response }));
    });
    // Held back: the conversation, and the list.
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
    await page.waitForTimeout(500);
    expect(await poet.getByText('2/2').count()).toBe(1);
    expect(await listed.count()).toBe(1);
    expect(problems).toEqual([]);
  });

  test('who was signed out meanwhile signs in and finds the prompt again', async () => {
    const { page } = await signedUp();
    const email = `person-${people}@example.org`;
    await openPalette(page);
    await page.keyboard.press('Escape');
    await page.context().clearCookies();
    await send(page, 'Am I here?');
    await page.getByRole('alert').getByRole('link', { name: 'Sign in' }).click();
    await page.getByLabel('E-mail').fill(email);
    await page.getByLabel('Password').fill('correct horse');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL((url) => url.pathname === '/');
    await expect.poll(() => promptOf(page).inputValue()).toBe('Am I here?');
  });

  test('an edit that failed stays in its editor, and trying again sends it and not the draft', async () => {
    const { page } = await signedUp();
    await chooseModels(page, ['Swift']);
    await send(page, 'Name a tree');
    await page.waitForURL('**/c/**');
    await lanes(page, 'COMPLETED').waitFor();
    await send(page, 'Name a bird');
    await lanes(page, 'COMPLETED').nth(1).waitFor();
    await promptOf(page).fill('Half a thou');
    await page.getByRole('button', { name: 'Edit prompt' }).first().click();
    const editor = page.getByRole('textbox', { name: 'Edit prompt' });
    await editor.fill('Name a flower');
    const mutation = await holdBack(page, 'SendPrompt');
    await editor.press('Enter');
    await mutation.abort();
    await page.getByRole('alert').waitFor();
    expect(await editor.inputValue()).toBe('Name a flower');
    // In sight again, too.
    await expect.poll(async () => (await editor.boundingBox())?.y).toBeGreaterThan(0);
    expect(await page.getByRole('alert').textContent()).not.toContain('kept here');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('2/2').waitFor();
    await page.getByRole('paragraph').filter({ hasText: 'Name a flower' }).first().waitFor();
    expect(await promptOf(page).inputValue()).toBe('Half a thou');
  });

  test('asking again that failed is tried again, and the draft is not sent', async () => {
    const { page } = await signedUp();
    await chooseModels(page, ['Swift']);
    await send(page, 'Name a tree');
    await page.waitForURL('**/c/**');
    await lanes(page, 'COMPLETED').waitFor();
    await promptOf(page).fill('Half a thou');
    const mutation = await holdBack(page, 'RegenerateResponse');
    await askAgain(page, 'Poet');
    await mutation.abort();
    await page.getByRole('alert').getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('article', { name: 'Poet' }).getByText('2/2').waitFor();
    await lanes(page, 'COMPLETED').waitFor();
    expect(await promptOf(page).inputValue()).toBe('Half a thou');
    expect(await page.locator('[data-turn]').count()).toBe(1);
  });

  test('an answer that was asked for again without a word coming back is looked for before it is asked for once more', async () => {
    const { page } = await signedUp();
    await chooseModels(page, ['Swift']);
    await send(page, 'Name a tree');
    await page.waitForURL('**/c/**');
    await lanes(page, 'COMPLETED').waitFor();
    const mutation = await holdBack(page, 'RegenerateResponse');
    await askAgain(page, 'Poet');
    // It arrives; what it says in return does not.
    await mutation.swallow();
    await page.getByRole('alert').getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('article', { name: 'Poet' }).getByText('2/2').waitFor();
    await lanes(page, 'COMPLETED').waitFor();
    expect(mutation.count()).toBe(1);
  });

  test('a session that expired keeps the draft for its person, and shows it and their models to nobody else', async () => {
    const { page } = await signedUp();
    const email = `person-${people}@example.org`;
    await chooseModels(page, ['Poet']);
    await send(page, 'Name a tree');
    await page.waitForURL('**/c/**');
    await page.goto('/');
    await page.getByRole('button', { name: 'Remove Poet' }).waitFor();
    await awake(page);
    await promptOf(page).fill('Secret');
    await page.context().clearCookies({ name: /session/ });
    await signUp(page);
    await awake(page);
    expect(await promptOf(page).inputValue()).toBe('');
    expect(await page.getByRole('button', { name: /^Remove / }).count()).toBeGreaterThan(1);
    await page.context().clearCookies({ name: /session/ });
    await page.goto('/sign-in');
    await page.getByLabel('E-mail').fill(email);
    await page.getByLabel('Password').fill('correct horse');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await promptOf(page).waitFor();
    await expect.poll(() => promptOf(page).inputValue()).toBe('Secret');
    // Who signs out takes everything along.
    await page.getByRole('button', { name: /^Ada/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.waitForURL('**/sign-in');
    expect(await page.evaluate(() => JSON.stringify(sessionStorage) + document.cookie)).not.toMatch(/Secret|models/);
  });

  test('what is typed while the first prompt is on its way goes into the conversation that it begins', async () => {
    const { page, problems } = await signedUp();
    await chooseModels(page, ['Swift']);
    const mutation = await holdBack(page, 'SendPrompt');
    await promptOf(page).fill('Name a bird');
    await page.keyboard.press('Enter');
    await mutation.arrived();
    await page.keyboard.type('And a fish');
    await mutation.letGo();
    await page.waitForURL('**/c/**');
    await lanes(page, 'COMPLETED').waitFor();
    await page.keyboard.type('?');
    expect(await promptOf(page).inputValue()).toBe('And a fish?');
    await page.getByRole('link', { name: 'New chat' }).click();
    await page.waitForURL((url) => url.pathname === '/');
    await page.getByRole('heading', { name: /Ask once/ }).waitFor();
    expect(await promptOf(page).inputValue()).toBe('');
    expect(problems).toEqual([]);
  });

  test('a prompt that failed comes back before what was typed since, and is tried again alone', async () => {
    const { page } = await signedUp();
    await chooseModels(page, ['Swift']);
    const mutation = await holdBack(page, 'SendPrompt');
    await promptOf(page).fill('Name a bird');
    await page.keyboard.press('Enter');
    await mutation.arrived();
    await page.keyboard.type('And a fish');
    await mutation.abort();
    await page.getByRole('alert').waitFor();
    expect(await promptOf(page).inputValue()).toBe('Name a bird\n\nAnd a fish');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.waitForURL('**/c/**');
    await page
      .getByRole('paragraph')
      .filter({ hasText: /^Name a bird$/ })
      .waitFor();
    expect(await promptOf(page).inputValue()).toBe('And a fish');
  });

  test('an answer is stopped that was not known yet when stop was pressed', async () => {
    const { page, problems } = await signedUp();
    await chooseModels(page, ['Sage', 'Swift']);
    const mutation = await holdBack(page, 'SendPrompt');
    await send(page, 'Tell me about lighthouses at length');
    await page.getByRole('button', { name: 'Stop Sage' }).click();
    await mutation.letGo();
    await page.getByRole('article', { name: 'Sage' }).getByText('Stopped by you').waitFor();
    await page.getByRole('article', { name: 'Swift' }).and(lanes(page, 'COMPLETED')).waitFor();
    expect(problems).toEqual([]);
  });

  test('who leaves a new chat while its prompt is on its way is not called back to it', async () => {
    const { page, problems } = await signedUp();
    await chooseModels(page, ['Swift']);
    const list = page.getByRole('navigation', { name: 'Conversations' });
    for (const [prompt, leave] of [
      ['Name a bird', () => page.getByRole('link', { name: 'New chat' }).click()],
      ['Name a fish', () => list.getByRole('link', { name: 'Name a bird' }).click()],
    ] as const) {
      const mutation = await holdBack(page, 'SendPrompt');
      await send(page, prompt);
      await mutation.arrived();
      await leave();
      await page.getByRole('paragraph').filter({ hasText: prompt }).waitFor({ state: 'detached' });
      const left = page.url();
      await mutation.letGo();
      await list.getByRole('link', { name: prompt }).waitFor();
      await page.waitForTimeout(300);
      expect(page.url()).toBe(left);
    }
    expect(problems).toEqual([]);
  });

  test('asking again shows at once, and over an older version too, that it was asked, and asks once', async () => {
    const { page, problems } = await signedUp();
    await chooseModels(page, ['Swift']);
    await send(page, 'Name a river');
    await page.waitForURL('**/c/**');
    await lanes(page, 'COMPLETED').waitFor();
    for (const versions of [2, 3]) {
      const mutation = await holdBack(page, 'RegenerateResponse');
      await askAgain(page, /^Ask Swift again/);
      await page.getByText(`${versions}/${versions}`).waitFor();
      await lanes(page, 'QUEUED').waitFor();
      await page.getByRole('button', { name: 'Earlier answer' }).click();
      expect(await page.getByRole('button', { name: 'Ask again' }).isDisabled()).toBe(true);
      await page.getByRole('button', { name: 'Later answer' }).click();
      await mutation.letGo();
      await lanes(page, 'COMPLETED').waitFor();
      expect(mutation.count()).toBe(1);
      await page.getByRole('button', { name: 'Earlier answer' }).click();
    }
    expect(problems).toEqual([]);
  });

  test('parameters go along into the conversation that is begun, and into its branches', async () => {
    const { page, problems } = await signedUp();
    await chooseModels(page, ['Swift']);
    await page.getByRole('button', { name: 'Parameters' }).click();
    await page.getByLabel('Longest answer').fill('77');
    await page.keyboard.press('Escape');
    await send(page, 'Name a tree');
    await page.waitForURL('**/c/**');
    await lanes(page, 'COMPLETED').waitFor();
    await page.getByRole('button', { name: 'Edit prompt' }).click();
    await page.getByRole('textbox', { name: 'Edit prompt' }).fill('Name a flower');
    const mutation = await holdBack(page, 'SendPrompt');
    await page.keyboard.press('Enter');
    await mutation.letGo();
    await page.getByText('2/2').waitFor();
    expect(mutation.inputs()).toMatchObject([{ parameters: { maxOutputTokens: 77 } }]);
    await page.getByRole('button', { name: 'Parameters (changed)' }).waitFor();
    await page.getByRole('link', { name: 'New chat' }).click();
    await page.getByRole('button', { name: 'Parameters', exact: true }).waitFor();
    expect(problems).toEqual([]);
  });

  test('a new chat with a system prompt that is refused leaves no conversation behind', async () => {
    const { page } = await signedUp();
    await chooseModels(page, ['Swift']);
    await page.getByRole('button', { name: 'Parameters' }).click();
    await page.getByLabel('System prompt').fill('Be brief.');
    await page.keyboard.press('Escape');
    const mutation = await holdBack(page, 'SendPrompt');
    await send(page, 'Name a tree');
    await mutation.answer({
      sendPrompt: { __typename: 'InsufficientCreditsError', message: 'Too dear.', required: 2, available: 1 },
    });
    await page.getByRole('alert').getByText('Too dear.').waitFor();
    await expect.poll(() => conversationsOf(page)).toEqual([]);
    await mutation.letGo();
    await page.getByRole('button', { name: 'Send' }).click();
    await page.waitForURL('**/c/**');
    await expect.poll(() => conversationsOf(page)).toEqual([{ systemPrompt: 'Be brief.' }]);
  });

  test('another branch comes up with its turn where the arrows were', async () => {
    const { page, problems } = await signedUp();
    await chooseModels(page, ['Swift']);
    await send(page, 'Name a tree');
    await page.waitForURL('**/c/**');
    for (const [index, prompt] of ['Name a bird', 'Name a fish', 'Name a cloud'].entries()) {
      await lanes(page, 'COMPLETED').nth(index).waitFor();
      await send(page, prompt);
    }
    await lanes(page, 'COMPLETED').nth(3).waitFor();
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
    // The hand stays where it was.
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Tab');
    await page.getByRole('button', { name: 'Later version' }).press('Enter');
    await prompts('Name a beetle').waitFor();
    expect(Math.abs((await topOf('Name a beetle')) - before)).toBeLessThan(3);
    expect(problems).toEqual([]);
  });

  test('the tab of the browser bears the new title', async () => {
    const { page } = await signedUp();
    await chooseModels(page, ['Swift']);
    await send(page, 'Name a tree');
    await page.waitForURL('**/c/**');
    await page.getByRole('button', { name: 'Rename conversation' }).click();
    await page.getByRole('textbox', { name: 'Title' }).fill('Trees');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.title()).toBe('Trees · Polylogue');
    await page.getByRole('link', { name: 'New chat' }).click();
    await expect.poll(() => page.title()).toBe('New chat · Polylogue');
  });

  test('a rewritten prompt outlives Escape, and Cancel gives it up', async () => {
    const { page } = await signedUp();
    await chooseModels(page, ['Swift']);
    await send(page, 'Name a tree');
    await page.waitForURL('**/c/**');
    const edit = page.getByRole('button', { name: 'Edit prompt' });
    const editor = page.getByRole('textbox', { name: 'Edit prompt' });
    await edit.click();
    await page.keyboard.type(', please');
    expect(await editor.inputValue()).toBe('Name a tree, please');
    await page.keyboard.press('Escape');
    await edit.click();
    expect(await editor.inputValue()).toBe('Name a tree, please');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await edit.click();
    expect(await editor.inputValue()).toBe('Name a tree');
  });

  test('under a finger Enter breaks the line, and the chosen lane’s tab is in sight', async () => {
    const { page, problems } = await signedUp({
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
    });
    await chooseModels(page, ['Swift', 'Thinker', 'Sage']);
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
    // By a swipe, as it were: where the focus is brings nothing into sight.
    await page.getByRole('tablist').evaluate((list) => list.scrollTo(999, 0));
    await tabs.first().evaluate((tab: HTMLElement) => tab.click());
    await expect.poll(async () => (await tabs.first().boundingBox())?.x).toBeGreaterThanOrEqual(0);
    await page.getByRole('tabpanel', { name: /Swift/ }).waitFor();
    expect(problems).toEqual([]);
  });

  test('what is typed outlives a reload', async () => {
    const { page } = await signedUp();
    await promptOf(page).fill('Half a thou');
    // What was typed before the page came alive is taken over as soon as it does.
    await page.waitForFunction(() => Object.values(sessionStorage).includes('Half a thou'));
    await page.reload();
    await expect.poll(() => promptOf(page).inputValue()).toBe('Half a thou');
  });

  test('conversations are searched by what was said, renamed, and deleted with a way back', async () => {
    const { page, problems } = await signedUp();
    await chooseModels(page, ['Swift']);
    for (const prompt of ['All about zebras', 'All about otters']) {
      await page.goto('/');
      await send(page, prompt);
      await lanes(page, 'COMPLETED').waitFor();
    }
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
    // Leaving the page is no way back.
    await page.goto('/settings');
    await expect
      .poll(async () => {
        await page.reload();
        return list.getByRole('link').allInnerTexts();
      })
      .toEqual(['All about otters']);
    expect(problems).toEqual([]);
  });

  test('on a phone one lane is seen at a time, changed by its tab, and the list is a sheet', async () => {
    const { page, problems } = await signedUp({ viewport: { width: 390, height: 844 }, hasTouch: true });
    await chooseModels(page, ['Swift', 'Poet']);
    // The new chat becomes a conversation after the tab was chosen.
    await page.route(/\/c\/.*(_data=|\.data)/, async (route) => {
      await page.getByRole('tab', { name: /Poet/, selected: true }).waitFor();
      await route.continue();
    });
    await send(page, 'Name a bird');
    await page.getByRole('tab', { name: /Poet/ }).click();
    await page.waitForURL(/\/c\//);
    await lanes(page, 'COMPLETED').last().waitFor();
    await page.getByRole('article', { name: 'Poet' }).waitFor();
    expect(await page.getByRole('article').count()).toBe(1);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    await page.getByRole('button', { name: 'Conversations' }).click();
    const list = page.getByRole('dialog', { name: 'Conversations' });
    await list.getByRole('link', { name: 'Name a bird' }).waitFor();
    // Another conversation begins with its first lane.
    await page.unrouteAll();
    await list.getByRole('link', { name: 'New chat' }).click();
    await page.waitForURL((url) => url.pathname === '/');
    await send(page, 'Name a tree');
    await page.getByRole('tab', { name: /Swift/, selected: true }).waitFor();
    await page.getByRole('article', { name: 'Swift' }).waitFor();
    expect(problems).toEqual([]);
  });

  test('what is not there, or not theirs, says so and leads back', async () => {
    const { page } = await signedUp();
    expect((await page.goto('/c/nothing'))?.status()).toBe(404);
    await page.getByRole('heading', { name: 'Nothing here' }).waitFor();
    expect((await page.goto('/no/such/page'))?.status()).toBe(404);
    await page.getByRole('link', { name: 'Back to the arena' }).click();
    await promptOf(page).waitFor();
  });

  test('no page has a serious fault for people who use aids', async () => {
    const { page, problems } = await signedUp({ reducedMotion: 'reduce' });
    expect(await seriousFaults(page)).toEqual([]);
    await chooseModels(page, ['Sage', 'Faulty', 'Thinker']);
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

function promptOf(page: Page): Locator {
  return page.getByRole('textbox', { name: 'Prompt', exact: true });
}

function lanes(page: Page, status: string): Locator {
  return page.locator(`article[data-status=${status}]`);
}

async function chooseModels(page: Page, names: string[]): Promise<void> {
  const remove = page.getByRole('button', { name: /^Remove / });
  while ((await remove.count()) > 0) await remove.first().click();
  await page.getByRole('button', { name: 'Add a model' }).click();
  for (const name of names) {
    await page.getByRole('combobox', { name: 'Search models' }).fill(name);
    await page.keyboard.press('Enter');
  }
  await page.keyboard.press('Escape');
  await page.getByRole('combobox').waitFor({ state: 'detached' });
}

async function send(page: Page, prompt: string): Promise<void> {
  await promptOf(page).fill(prompt);
  await page.getByRole('button', { name: 'Send' }).click();
}

/** What is to be read in each lane, once its page is whole. */
function answersOf(page: Page): Promise<string[]> {
  return page.locator('.answer').allTextContents();
}

/** Once its script runs: what is typed before is taken over, what is pressed is not heard. */
async function awake(page: Page): Promise<void> {
  await openPalette(page);
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}

async function askAgain(page: Page, item: string | RegExp): Promise<void> {
  await page.getByRole('button', { name: 'Ask again' }).click();
  await page.getByRole('menuitem', { name: item }).click();
}

async function conversationsOf(page: Page): Promise<unknown[]> {
  const response = await page.request.post('/graphql', {
    data: { query: '{ conversations(first: 9) { edges { node { systemPrompt } } } }' },
    headers: { origin: new URL(page.url()).origin },
  });
  const { data } = await response.json();
  return data.conversations.edges.map(({ node }: { node: unknown }) => node);
}

/** A slow or broken network for one mutation: it waits until it is let go, lost, or answered by the test. */
async function holdBack(page: Page, mutation: string) {
  const sent: Route[] = [];
  let waiting: Route[] = [];
  let onward = false;
  await page.route('**/graphql', async (route) => {
    if (!route.request().postData()?.includes(`mutation ${mutation}(`)) return route.fallback();
    sent.push(route);
    if (onward) return route.fallback();
    waiting.push(route);
  });
  const arrived = () => expect.poll(() => waiting.length, { timeout: 10_000, interval: 20 }).toBeGreaterThan(0);
  const settle = async (end: (route: Route) => Promise<void>, laterOnesGoOn: boolean) => {
    // It may still be on its way to here, and is none of the later ones.
    if (sent.length === 0) await arrived();
    onward = laterOnesGoOn;
    const settled = waiting;
    waiting = [];
    for (const route of settled) await end(route);
  };
  return {
    /** How many were sent. */
    count: () => sent.length,
    inputs: () => sent.map((route) => route.request().postDataJSON().variables.input),
    arrived,
    /** Also those to come. */
    letGo: () => settle((route) => route.continue(), true),
    /** Lost on the way; those to come are let go. */
    abort: () => settle((route) => route.abort(), true),
    /** It arrives, and the answer to it is lost; those to come are let go. */
    swallow: () =>
      settle(async (route) => {
        await route.fetch();
        await route.abort();
      }, true),
    /** What the API would say to it. */
    answer: (data: object) => settle((route) => route.fulfill({ json: { data } }), false),
  };
}
