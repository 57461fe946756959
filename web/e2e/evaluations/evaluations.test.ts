import { describe, expect } from 'vitest';
import { chromiumPath, everythingIsAsked } from '../setup/browser.ts';
import { awake, member, seriousFaults } from '../setup/people.ts';
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
    await page.getByLabel('Form of the prompts').first().selectOption('One, with what is hoped for');
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
});
