import { describe, expect } from 'vitest';
import { chromiumPath, everythingIsAsked } from './setup/browser.ts';
import {
  askAgain,
  chooseModels,
  conversationsOf,
  holdBack,
  lanes,
  promptOf,
  send,
  signedUp,
  signIn,
  signUp,
  withConversation,
} from './setup/chat-page.ts';
import { awake, settled } from './setup/people.ts';
import { type Polylogue, test } from './setup/polylogue.ts';

describe.skipIf(!chromiumPath && !everythingIsAsked)('sending in the browser', () => {
  let polylogue: Polylogue;

  test.beforeAll(async ({ polylogues }) => {
    polylogue = await polylogues.open();
  });

  test('a member who was signed out meanwhile signs in and finds the prompt again', async () => {
    const { page, email } = await signedUp(polylogue);
    await page.context().clearCookies();
    await send(page, 'Am I here?');
    await page.getByRole('alert').getByRole('link', { name: 'Sign in' }).click();
    await signIn(page, email, 'correct horse');
    await page.waitForURL((url) => url.pathname === '/');
    await expect.poll(() => promptOf(page).inputValue()).toBe('Am I here?');
  });

  test('a failed edit stays in its editor, and another try sends the edit and not the draft', async () => {
    const { page } = await withConversation(polylogue, { prompts: ['Name a tree', 'Name a bird'], models: ['Swift'] });
    await promptOf(page).fill('Half a thou');
    await page.getByRole('button', { name: 'Edit prompt' }).first().click();
    const editor = page.getByRole('textbox', { name: 'Edit prompt' });
    await editor.fill('Name a flower');
    const mutation = await holdBack(page, 'SendPrompt');
    await editor.press('Enter');
    await mutation.abort();
    await page.getByRole('alert').waitFor();
    expect(await editor.inputValue()).toBe('Name a flower');
    // The editor is scrolled into sight, too.
    await expect.poll(async () => (await editor.boundingBox())?.y).toBeGreaterThan(0);
    expect(await page.getByRole('alert').textContent()).not.toContain('kept here');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('2/2').waitFor();
    await page.getByRole('paragraph').filter({ hasText: 'Name a flower' }).first().waitFor();
    expect(await promptOf(page).inputValue()).toBe('Half a thou');
  });

  test('a failed regeneration can be tried again, and the draft is not sent', async () => {
    const { page } = await withConversation(polylogue, { prompts: ['Name a tree'], models: ['Swift'] });
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

  test('a regeneration whose answer was lost is looked up before it is requested again', async () => {
    const { page } = await withConversation(polylogue, { prompts: ['Name a tree'], models: ['Swift'] });
    const mutation = await holdBack(page, 'RegenerateResponse');
    await askAgain(page, 'Poet');
    // The mutation arrives, and its answer is lost.
    await mutation.swallow();
    await page.getByRole('alert').getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('article', { name: 'Poet' }).getByText('2/2').waitFor();
    await lanes(page, 'COMPLETED').waitFor();
    expect(mutation.count()).toBe(1);
  });

  test('an expired session keeps the draft for its member, and shows draft and models to nobody else', async () => {
    const { page, email } = await signedUp(polylogue, { models: ['Poet'] });
    await send(page, 'Name a tree');
    await page.waitForURL('**/c/**');
    await page.goto('/');
    await page.getByRole('button', { name: 'Remove Poet' }).waitFor();
    await awake(page);
    await promptOf(page).fill('Secret');
    await page.context().clearCookies({ name: /session/ });
    await signUp(page, 'somebody-else@example.org');
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
    // Signing out removes everything from the browser.
    await page.getByRole('button', { name: /^Ada/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.waitForURL('**/sign-in');
    expect(await page.evaluate(() => JSON.stringify(sessionStorage) + document.cookie)).not.toMatch(/Secret|models/);
  });

  test('a new chat keeps its chosen models with its text until it is sent', async () => {
    const { page, problems } = await signedUp(polylogue);
    const chosen = () =>
      page
        .getByRole('button', { name: /^Remove / })
        .evaluateAll((buttons) => buttons.map((button) => button.getAttribute('aria-label')));
    const before = await chosen();
    await chooseModels(page, ['Swift', 'Thinker']);
    await promptOf(page).fill('Name a bird');
    await page.reload();
    await awake(page);
    expect(await promptOf(page).inputValue()).toBe('Name a bird');
    expect(await chosen()).toEqual(['Remove Swift', 'Remove Thinker']);
    // Two presses of Enter remove both models, as the focus moves to the next one.
    await page.getByRole('button', { name: 'Remove Swift' }).focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    expect(await chosen()).toEqual([]);
    await chooseModels(page, ['Swift']);
    await promptOf(page).press('Enter');
    await page.waitForURL('**/c/**');
    await lanes(page, 'COMPLETED').waitFor();
    expect(before).toHaveLength(3);
    await page.getByRole('link', { name: 'New chat' }).click();
    await page.getByRole('heading', { name: /Ask once/ }).waitFor();
    expect(await chosen()).toEqual(['Remove Swift']);
    expect(problems).toEqual([]);
  });

  test('text typed while the first prompt is on its way goes into the conversation that it begins', async () => {
    const { page, problems } = await signedUp(polylogue, { models: ['Swift'] });
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

  test('a new chat becomes its conversation in place: no page is loaded, and no element is replaced', async () => {
    const { page, problems } = await signedUp(polylogue, { models: ['Swift', 'Poet'] });
    const fetched: string[] = [];
    page.on('request', (request) => fetched.push(new URL(request.url()).pathname));
    const mutation = await holdBack(page, 'SendPrompt');
    await promptOf(page).fill('Name a bird');
    await page.keyboard.press('Enter');
    await mutation.arrived();
    await page.keyboard.type('And a fish');
    for (const _ of 'fish') await page.keyboard.press('ArrowLeft');
    await page.locator('article').nth(1).waitFor();
    await page.locator('textarea, article, .arena').evaluateAll((elements) => {
      for (const element of elements) element.setAttribute('data-stays', '');
    });
    await mutation.letGo();
    await page.waitForURL('**/c/**');
    await lanes(page, 'COMPLETED').nth(1).waitFor();
    await page.keyboard.type('large ');
    expect(await promptOf(page).inputValue()).toBe('And a large fish');
    expect(await page.locator('[data-stays]').count()).toBe(4);
    await expect.poll(() => page.title()).toBe('Name a bird · Polylogue');

    const first = page.url();
    await page.getByRole('link', { name: 'New chat' }).click();
    await page.getByRole('heading', { name: /Ask once/ }).waitFor();
    expect(await promptOf(page).inputValue()).toBe('');
    expect(await page.title()).toBe('New chat · Polylogue');
    await send(page, 'Name a tree');
    await page.waitForURL((url) => url.pathname.startsWith('/c/') && url.href !== first);
    await lanes(page, 'COMPLETED').nth(1).waitFor();
    await settled(page);
    expect(fetched.filter((path) => path.startsWith('/c/'))).toEqual([]);

    // The new chat is not in the browser's history, as it has become the conversation.
    await page.goBack();
    await page
      .getByRole('paragraph')
      .filter({ hasText: /^Name a bird$/ })
      .waitFor();
    expect(page.url()).toBe(first);
    expect(await promptOf(page).inputValue()).toBe('And a large fish');
    await page.goForward();
    await page
      .getByRole('paragraph')
      .filter({ hasText: /^Name a tree$/ })
      .waitFor();
    await page.reload();
    await lanes(page, 'COMPLETED').nth(1).waitFor();
    expect(await page.title()).toBe('Name a tree · Polylogue');
    expect(problems).toEqual([]);
  });

  test('an edited prompt is a branch for which no page is loaded, and a step back leads to the branch shown before', async () => {
    const { page, problems } = await withConversation(polylogue, {
      prompts: ['Name a tree', 'Name a bird'],
      models: ['Swift'],
    });
    const fetched: string[] = [];
    page.on('request', (request) => fetched.push(new URL(request.url()).pathname));
    await page.getByRole('button', { name: 'Edit prompt' }).last().click();
    await page.getByRole('textbox', { name: 'Edit prompt' }).fill('Name a fish');
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.searchParams.has('through'));
    await page.getByText('2/2').waitFor();
    await lanes(page, 'COMPLETED').nth(1).waitFor();
    await settled(page);
    expect(fetched.filter((path) => path.startsWith('/c/'))).toEqual([]);
    const prompts = () => page.locator('.turn h2 + p').allTextContents();
    expect(await prompts()).toEqual(['Name a tree', 'Name a fish']);
    await page.getByRole('button', { name: 'Earlier version' }).click();
    await expect.poll(prompts).toEqual(['Name a tree', 'Name a bird']);
    await page.goBack();
    await expect.poll(prompts).toEqual(['Name a tree', 'Name a fish']);
    await page.reload();
    await expect.poll(prompts).toEqual(['Name a tree', 'Name a fish']);
    expect(problems).toEqual([]);
  });

  test('a reader who opens another branch while an edit is on its way stays there', async () => {
    const { page, problems } = await withConversation(polylogue, {
      prompts: ['Name a tree', 'Name a bird'],
      models: ['Swift'],
    });
    const prompts = () => page.locator('.turn h2 + p').allTextContents();
    const edit = async (turn: number, prompt: string) => {
      await page.getByRole('button', { name: 'Edit prompt' }).nth(turn).click();
      await page.getByRole('textbox', { name: 'Edit prompt' }).fill(prompt);
      await page.keyboard.press('Enter');
    };
    await edit(0, 'Name a fish');
    await page.getByRole('button', { name: 'Earlier version' }).click();
    await expect.poll(prompts).toEqual(['Name a tree', 'Name a bird']);
    const mutation = await holdBack(page, 'SendPrompt');
    await edit(1, 'Name a cloud');
    await mutation.arrived();
    await page.getByRole('button', { name: 'Later version' }).click();
    await expect.poll(prompts).toEqual(['Name a fish']);
    const left = page.url();
    const answered = page.waitForResponse(
      (response) => response.request().postData()?.includes('SendPrompt(') ?? false,
    );
    await mutation.letGo();
    await answered;
    await settled(page);
    expect(page.url()).toBe(left);
    expect(await prompts()).toEqual(['Name a fish']);
    expect(problems).toEqual([]);
  });

  test('a failed prompt is put before the text typed since, and is tried again alone', async () => {
    const { page } = await signedUp(polylogue, { models: ['Swift'] });
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

  test('a reader who leaves a new chat while its prompt is on its way stays away', async () => {
    const { page, problems } = await signedUp(polylogue, { models: ['Swift'] });
    const list = page.getByRole('navigation', { name: 'Conversations' });
    const fetched: string[] = [];
    page.on('request', (request) => fetched.push(new URL(request.url()).pathname));
    for (const [prompt, leave, place] of [
      ['Name a bird', () => page.getByRole('link', { name: 'New chat' }).click(), /\/$/],
      ['Name a fish', () => list.getByRole('link', { name: 'Name a bird' }).click(), /\/c\/[^/]+$/],
    ] as const) {
      const mutation = await holdBack(page, 'SendPrompt');
      await send(page, prompt);
      await mutation.arrived();
      await leave();
      await page.getByRole('paragraph').filter({ hasText: prompt }).waitFor({ state: 'detached' });
      await page.waitForURL(place);
      const left = page.url();
      fetched.length = 0;
      await mutation.letGo();
      await list.getByRole('link', { name: prompt }).waitFor();
      await settled(page);
      expect(fetched.filter((path) => path.startsWith('/c/'))).toEqual([]);
      expect(page.url()).toBe(left);
    }
    expect(problems).toEqual([]);
  });

  test('a regeneration is shown at once, also from an older version, and is requested once', async () => {
    const { page, problems } = await withConversation(polylogue, { prompts: ['Name a river'], models: ['Swift'] });
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

  test('parameters move into the new conversation and its branches', async () => {
    const { page, problems } = await signedUp(polylogue, { models: ['Swift'] });
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

  test('a new chat with a system prompt leaves no conversation behind if its prompt is refused', async () => {
    const { page } = await signedUp(polylogue, { models: ['Swift'] });
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

  test('a rewritten prompt survives Escape, and Cancel discards it', async () => {
    const { page } = await withConversation(polylogue, { prompts: ['Name a tree'], models: ['Swift'] });
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

  test('typed text survives a reload', async () => {
    const { page } = await signedUp(polylogue);
    await promptOf(page).fill('Half a thou');
    // Text typed before the page came alive is taken over as soon as it does.
    await page.waitForFunction(() => Object.values(sessionStorage).includes('Half a thou'));
    await page.reload();
    await expect.poll(() => promptOf(page).inputValue()).toBe('Half a thou');
  });
});
