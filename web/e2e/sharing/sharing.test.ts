import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { chromiumPath, everythingIsAsked } from '../setup/browser.ts';
import { withConversation } from '../setup/chat-page.ts';
import { awake, newcomer, seriousFaults } from '../setup/people.ts';
import { type Polylogue, test } from '../setup/polylogue.ts';

describe.skipIf(!chromiumPath && !everythingIsAsked)('sharing in the browser', () => {
  let polylogue: Polylogue;
  test.beforeAll(async ({ polylogues }) => {
    polylogue = await polylogues.open();
  });

  /** Opens the dialog of the conversation with this title. */
  async function openDialog(page: Page, title: string) {
    const row = page.locator('li[data-row]').filter({ hasText: title }).first();
    await row.hover();
    await row.getByRole('button', { name: `More for ${title}` }).click();
    await page.getByRole('menuitem', { name: 'Share' }).click();
    const dialog = page.getByRole('dialog', { name: 'Share' });
    await dialog.getByRole('button', { name: 'Make a link' }).waitFor();
    return dialog;
  }

  /** Makes the link, and returns its path. */
  async function pathOf(dialog: Awaited<ReturnType<typeof openDialog>>): Promise<string> {
    await dialog.getByRole('button', { name: 'Make a link' }).click();
    const link = await dialog.getByRole('textbox', { name: 'Link' }).inputValue();
    return new URL(link).pathname;
  }

  test('a branch is shared by link, read without an account or a script, continued by a member, and ended', async () => {
    const asked = { prompts: ['Why are there tides?', 'And why twice a day?'], models: ['Swift', 'Sage'] };
    const { page, problems } = await withConversation(polylogue, asked);
    const dialog = await openDialog(page, 'Why are there tides?');
    await dialog.getByRole('radio', { name: /^Anyone who has the link/ }).check();
    await dialog.getByRole('switch', { name: 'Show figures' }).click();
    expect(await seriousFaults(page)).toEqual([]);
    const path = await pathOf(dialog);
    expect(path).toMatch(/^\/s\/[\w-]{24}$/);
    expect(
      await dialog.getByRole('button', { name: 'Copy' }).evaluate((element) => element === document.activeElement),
    ).toBe(true);

    const reader = await polylogue.open();
    const answer = await reader.page.goto(path);
    expect(answer?.headers()).toMatchObject({
      'x-robots-tag': 'noindex, nofollow, noarchive',
      'referrer-policy': 'no-referrer',
    });
    await awake(reader.page);
    await reader.page.getByRole('heading', { name: 'Why are there tides?', level: 1 }).waitFor();
    expect(await reader.page.locator('article').count()).toBe(4);
    await reader.page.locator('article .answer:not([data-unformatted])').first().waitFor();
    await reader.page.locator('article footer').filter({ hasText: / cr$/ }).first().waitFor();
    expect(await seriousFaults(reader.page)).toEqual([]);
    await reader.page.getByRole('link', { name: 'Sign in to continue it' }).click();
    await reader.page.waitForURL(/\/sign-in\?to=/);

    const plain = await polylogue.open({ javaScriptEnabled: false });
    await plain.page.goto(path);
    expect(await plain.page.locator('article').count()).toBe(4);
    expect(await plain.page.getByText('And why twice a day?').first().isVisible()).toBe(true);

    const bob = await newcomer(polylogue);
    await bob.page.goto(path);
    await awake(bob.page);
    await bob.page.getByRole('button', { name: 'Continue as my own' }).click();
    await bob.page.waitForURL(/\/c\//);
    await bob.page.locator('article').nth(3).waitFor();
    await bob.page.locator('li[data-row]').filter({ hasText: 'Why are there tides?' }).first().waitFor();

    await page.goto('/settings/shares');
    await awake(page);
    const list = page.getByRole('list', { name: 'Your shares' });
    await list.getByText('Anyone with the link').waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await list.getByRole('button', { name: 'End' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'End it' }).click();
    await page.getByText('You share nothing.').waitFor();
    const gone = await bob.page.goto(path);
    expect(gone?.status()).toBe(404);
    expect(gone?.headers()['x-robots-tag']).toContain('noindex');
    await bob.page.getByRole('heading', { name: 'Nothing is shared here' }).waitFor();
    expect(problems).toEqual([]);
  });

  test('readers say first which answer is best, in an order of their own, and are told the models then', async () => {
    const asked = { prompts: ['What is a neap tide?'], models: ['Swift', 'Sage'] };
    const { page, problems } = await withConversation(polylogue, asked);
    const dialog = await openDialog(page, 'What is a neap tide?');
    await dialog.getByRole('radio', { name: /^Anyone who has the link/ }).check();
    await dialog.getByRole('switch', { name: 'Ask for a verdict first' }).click();
    const path = await pathOf(dialog);

    const reader = await polylogue.open({ viewport: { width: 390, height: 844 } });
    await reader.page.goto(path);
    await awake(reader.page);
    const names = () => reader.page.locator('article > header h3').allTextContents();
    expect(await names()).toEqual(['Answer A', 'Answer B']);
    const told = await reader.page.content();
    expect(['Swift', 'Sage', 'mock'].filter((word) => told.includes(word))).toEqual([]);
    // An answer is plain text until its Markdown is drawn.
    const drawnAnswer = reader.page.locator('article').first().locator('.answer:not([data-unformatted])');
    const first = await drawnAnswer.textContent();
    await reader.page.reload();
    await awake(reader.page);
    expect(await drawnAnswer.textContent()).toBe(first);
    expect(await seriousFaults(reader.page)).toEqual([]);
    await reader.page.getByRole('radio', { name: 'B is best' }).check();
    await reader.page.getByRole('button', { name: 'Say so, and show the models' }).click();
    const sums = reader.page.getByRole('region', { name: 'What readers said' });
    await sums.getByText('What 1 reader said').waitFor();
    expect((await names()).toSorted()).toEqual([expect.stringContaining(': '), expect.stringContaining(': ')]);
    expect(await drawnAnswer.textContent()).toBe(first);
    expect(await seriousFaults(reader.page)).toEqual([]);
    expect([...problems, ...reader.problems]).toEqual([]);
  });
});
