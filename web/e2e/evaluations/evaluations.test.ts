import type { Locator } from 'playwright-core';
import { describe, expect } from 'vitest';
import { pdfOf } from '../files/made-files.ts';
import { chromiumPath, everythingIsAsked } from '../setup/browser.ts';
import { awake, member, newcomer, seriousFaults } from '../setup/people.ts';
import { type Polylogue, test } from '../setup/polylogue.ts';

describe.skipIf(!chromiumPath && !everythingIsAsked)('evaluations in the browser', () => {
  let polylogue: Polylogue;

  test.beforeAll(async ({ polylogues }) => {
    polylogue = await polylogues.open({ empty: true });
  });

  test('a member makes a set, sees the price, begins, judges by keyboard and reads what was found', async () => {
    const { page, problems } = await member(polylogue, 'Ada');
    await page.goto('/evaluations');
    await awake(page);
    await page.getByText('There are no sets yet.').waitFor();
    await page.getByLabel('Name').fill('Geography');
    await page
      .getByLabel('Prompts', { exact: true })
      .fill('What is the capital of France?\nWhich river is the longest?');
    await page.getByRole('button', { name: 'Make the set' }).click();
    await page.getByRole('heading', { name: /Geography · 2 prompts/ }).waitFor();
    await page.getByRole('button', { name: 'Change “Which river is the longest?”' }).click();
    const change = page.getByRole('form', { name: 'Change the prompt' });
    await change.getByLabel('Prompt').fill('Which river is the longest of all?');
    await change.getByLabel(/^Hoped for/).fill('The Nile, or the Amazon.');
    await change.getByLabel(/^Topic/).fill('Rivers');
    await change.getByRole('button', { name: 'Save' }).click();
    await page.getByText('rivers · hoped for: The Nile, or the Amazon.').waitFor();
    await page.getByLabel('Form of the prompts').first().selectOption('One, with files and what is hoped for');
    await page.getByLabel('Prompt', { exact: true }).fill('To remove?');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('heading', { name: /Geography · 3 prompts/ }).waitFor();
    await page.getByRole('button', { name: 'Remove “To remove?”' }).click();
    await page.getByRole('heading', { name: /Geography · 2 prompts/ }).waitFor();
    const form = page.getByRole('form', { name: 'New evaluation' });
    await form.getByLabel('Swift').check();
    await form.getByLabel('Sage').check();
    await form.getByLabel('Judge', { exact: true }).selectOption('Poet');
    await form.getByRole('alert').getByText('of the same family').waitFor();
    await form.getByLabel('Let it judge models of its own family').check();
    await form.getByText('4 answers and 4 questions to the judge').waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await form.getByRole('button', { name: 'Begin' }).click();

    await page.getByText('✓ done').waitFor({ timeout: 30_000 });
    await page.getByRole('button', { name: 'Start judging' }).click();
    for (const [key, left] of [
      ['1', '2 left'],
      ['t', '1 left'],
    ] as const) {
      await page.getByText(left).waitFor();
      // What is formatted is plain no more.
      await expect.poll(() => page.locator('article .answer:not([data-unformatted])').count()).toBe(2);
      await page.keyboard.press(key);
      await page.keyboard.press('Enter');
    }
    await page.getByText('There is no pair left for you.').waitFor();
    await page.getByText(/Judge and people agree on/).waitFor();
    expect(await page.getByRole('table', { name: 'Models', exact: true }).getByRole('row').count()).toBe(3);
    await page.getByRole('button', { name: 'What is the capital of France?' }).click();
    await page.getByRole('article').filter({ hasText: 'Swift' }).locator('.answer:not([data-unformatted])').waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await page.getByLabel('Judged by you and').selectOption('all members');
    await page.getByRole('dialog', { name: 'Let all members judge?' }).getByRole('button', { name: 'Cancel' }).click();
    expect(await page.getByLabel('Judged by you and').inputValue()).toBe('NOBODY');

    await page.goto('/usage');
    await awake(page);
    await page.getByRole('table', { name: 'Ledger' }).getByRole('button', { name: /Swift/ }).first().click();
    await page.getByRole('link', { name: 'An evaluation: Geography' }).click();
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog', { name: 'Delete this evaluation?' }).getByRole('button', { name: 'Delete' }).click();
    await page.getByText('Nothing has been evaluated yet.').waitFor();
    expect(problems).toEqual([]);
  });

  test('a prompt of a set takes files, which are ordered, changed and kept with it, and a kept turn brings its own', async () => {
    const { page, problems, graphql } = await newcomer(polylogue);
    await page.goto('/evaluations');
    await awake(page);
    const form = page.locator('form').filter({ has: page.getByRole('button', { name: 'Make the set' }) });
    await form.getByLabel('Name').fill('With files');
    await form.getByLabel('Form of the prompts').selectOption('One, with files and what is hoped for');
    await form.getByLabel('Prompt', { exact: true }).fill('What do these say?');
    // The PDF takes longer to read, and stands first all the same.
    await choose(form, {
      'tides.pdf': pdfOf(['The moon pulls', 'the sea']),
      'prices.csv': 'model,credits\nSwift,12\n',
    });
    await form.getByRole('button', { name: 'Open tides.pdf' }).waitFor();
    await form.getByRole('button', { name: 'Open prices.csv' }).waitFor();
    await drop(form.getByLabel('Prompt', { exact: true }), 'notes.md', '# Notes');
    await form.getByRole('button', { name: 'Open notes.md' }).waitFor();
    // What is refused says why, and holds the form up until it is removed.
    await choose(form, { 'tool.png': Buffer.from('7f454c46020101000000', 'hex') });
    await form.getByRole('alert').waitFor();
    expect(await form.getByRole('button', { name: 'Make the set' }).isDisabled()).toBe(true);
    await form.getByRole('button', { name: 'Remove tool.png' }).click();
    await form.getByRole('button', { name: 'Move notes.md up' }).click();
    await form.getByText('notes.md is file 2 of 3 now.').waitFor();
    expect(
      await form.getByRole('button', { name: 'Move notes.md up' }).evaluate((button) => button.matches(':focus')),
    ).toBe(true);
    expect(await seriousFaults(page)).toEqual([]);
    await form.getByRole('button', { name: 'Make the set' }).click();

    await page.getByRole('heading', { name: /With files · 1 prompt/ }).waitFor();
    const prompts = page.getByRole('list', { name: 'Prompts of the set' });
    const files = prompts.getByRole('list', { name: 'Files' });
    expect(await files.getByRole('listitem').allInnerTexts()).toEqual([
      expect.stringContaining('tides.pdf'),
      expect.stringContaining('notes.md'),
      expect.stringContaining('prices.csv'),
    ]);
    await files.getByRole('button', { name: 'Open prices.csv' }).click();
    await page.getByRole('cell', { name: 'Swift' }).waitFor();
    await page.keyboard.press('Escape');

    await page.getByRole('button', { name: 'Change “What do these say?”' }).click();
    const change = page.getByRole('form', { name: 'Change the prompt' });
    await change.getByRole('button', { name: 'Open notes.md' }).click();
    await page.getByRole('dialog', { name: 'notes.md' }).waitFor();
    // Ending the file does not end what was being changed.
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await change.getByRole('button', { name: 'Remove notes.md' }).click();
    expect(await seriousFaults(page)).toEqual([]);
    await change.getByRole('button', { name: 'Save' }).click();
    await change.waitFor({ state: 'detached' });
    await expect.poll(() => files.getByRole('listitem').count()).toBe(2);

    const { viewer } = await graphql<{ viewer: { files: { edges: { node: { id: string; name: string } }[] } } }>(
      '{ viewer { files(first: 10) { edges { node { id name } } } } }',
    );
    const kept = viewer.files.edges.map(({ node }) => node).find(({ name }) => name === 'prices.csv');
    const { sendPrompt } = await graphql<{ sendPrompt: { conversation: { id: string } } }>(
      `mutation ($files: [ID!]) {
        sendPrompt(input: { prompt: "Sum it up.", modelIds: ["mock/swift"], fileIds: $files }) {
          ... on SendPromptPayload { conversation { id } }
        }
      }`,
      { files: [kept?.id] },
    );
    await page.goto(`/c/${encodeURIComponent(sendPrompt.conversation.id)}`);
    await awake(page);
    await page.getByRole('button', { name: 'Add prompt to a set' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByText('The prompt is in “With files”.', { exact: true }).waitFor();
    await page.goto('/evaluations');
    await awake(page);
    await page.getByRole('link', { name: /With files/ }).click();
    await page.getByRole('heading', { name: /With files · 2 prompts/ }).waitFor();
    expect(await prompts.getByRole('button', { name: 'Open prices.csv' }).count()).toBe(2);
    await page.getByRole('button', { name: 'Remove “Sum it up.”' }).click();
    await page.getByRole('dialog', { name: 'Remove this prompt?' }).getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('heading', { name: /With files · 1 prompt/ }).waitFor();
    // The browser reports the refused upload as a failed request.
    expect(problems.filter((problem) => !/ 415 /.test(problem))).toEqual([]);
  });
});

async function choose(form: Locator, files: Record<string, string | Buffer>): Promise<void> {
  const chosen = Object.entries(files).map(([name, content]) => ({
    name,
    mimeType: 'text/plain',
    buffer: Buffer.from(content as string),
  }));
  await form.getByLabel('Files to attach').setInputFiles(chosen);
}

async function drop(onto: Locator, name: string, text: string): Promise<void> {
  const dataTransfer = await onto.page().evaluateHandle(
    ({ name, text }) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([text], name, { type: 'text/markdown' }));
      return transfer;
    },
    { name, text },
  );
  await onto.dispatchEvent('drop', { dataTransfer });
}
