import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { chatGpt } from '../../../server/test/keeping/foreign-exports.ts';
import { chromiumPath, everythingIsAsked } from '../setup/browser.ts';
import { lanes, promptOf } from '../setup/chat-page.ts';
import { awake, newcomer, seriousFaults } from '../setup/people.ts';
import { type Polylogue, test } from '../setup/polylogue.ts';

describe.skipIf(!chromiumPath && !everythingIsAsked)('taking along in the browser', () => {
  let polylogue: Polylogue;
  test.beforeAll(async ({ polylogues }) => {
    polylogue = await polylogues.open();
  });

  test('a conversation is exported from its menu', async () => {
    const { page, problems } = await newcomer(polylogue);
    await page.goto('/');
    await awake(page);
    await promptOf(page).fill('Name three boats');
    await page.getByRole('button', { name: 'Send' }).click();
    await expect.poll(() => lanes(page, 'COMPLETED').count()).toBeGreaterThan(0);
    await openExport(page, 'Name three boats');
    const download = page.waitForEvent('download');
    await page.getByRole('menuitem', { name: 'Markdown' }).click();
    const file = await download;
    expect(file.suggestedFilename()).toBe('Name three boats.md');
    expect(readFileSync(await file.path(), 'utf8')).toContain('## Prompt 1\n\nName three boats');
    expect(problems).toEqual([]);
  });

  test('an export of elsewhere is imported, with a report of what was not taken, and only once', async () => {
    const { page, problems } = await newcomer(polylogue);
    await page.goto('/settings/take-along');
    await awake(page);
    expect(await seriousFaults(page)).toEqual([]);
    const take = () =>
      page.getByLabel('A file to import').setInputFiles({
        name: 'conversations.json',
        mimeType: 'application/json',
        buffer: Buffer.from(JSON.stringify(chatGpt)),
      });
    await take();
    await page.getByText('1 conversation taken with 3 prompts.').waitFor();
    await page
      .getByRole('region', { name: 'What could not be taken' })
      .getByText(/boat\.png/)
      .waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await take();
    await page.getByText('0 conversations taken; 1 conversation already here.').waitFor();
    await page.goto('/');
    await awake(page);
    await page.getByRole('link', { name: 'Naming a boat' }).click();
    await page.getByText('Nutshell').waitFor();
    expect(await page.getByText('Shorter?').count()).toBeGreaterThan(0);
    expect(problems).toEqual([]);
  });

  test('everything that one member exports is another’s after an import, with verdicts and branches', async () => {
    const { page, answered, graphql, problems } = await newcomer(polylogue);
    const boats = await answered('Name three boats', ['mock/swift', 'mock/poet']);
    await answered('And a dinghy?', ['mock/swift'], { parentTurnId: boats.turnId });
    await answered('Name three trees', ['mock/swift']);
    await graphql('mutation ($input: JudgeTurnInput!) { judgeTurn(input: $input) { id } }', {
      input: { turnId: boats.turnId, kind: 'TIE' },
    });
    await page.goto('/settings/take-along');
    await awake(page);
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Everything as a zip' }).click();
    const zip = readFileSync(await (await download).path());
    expect(problems).toEqual([]);

    const other = await newcomer(polylogue);
    await other.page.goto('/settings/take-along');
    await awake(other.page);
    await other.page
      .getByLabel('A file to import')
      .setInputFiles({ name: 'conversations.zip', mimeType: 'application/zip', buffer: zip });
    await other.page.getByText('2 conversations taken with 3 prompts.').waitFor();
    // The list beside has them, without the page being loaded again.
    await other.page.getByRole('link', { name: 'Name three trees' }).waitFor();
    await other.page.getByRole('link', { name: 'Name three boats' }).click();
    await other.page.getByText('And a dinghy?').waitFor();
    await other.page.getByText('You called it a tie.').waitFor();
    expect(await other.page.getByText('imported', { exact: true }).count()).toBe(1);
    expect(await other.page.locator('article[data-status=COMPLETED]').count()).toBe(3);
    // It can be gone on with.
    await promptOf(other.page).fill('And a raft?');
    await other.page.keyboard.press('Enter');
    await expect.poll(() => lanes(other.page, 'COMPLETED').count()).toBe(4);
    expect(other.problems).toEqual([]);
  });
});

async function openExport(page: Page, title: string): Promise<void> {
  await page.getByRole('link', { name: title }).hover();
  await page.getByRole('button', { name: `More for ${title}` }).click();
  await page.getByRole('menuitem', { name: 'Export' }).click();
  await page.getByRole('menuitem', { name: 'Print' }).waitFor();
}
