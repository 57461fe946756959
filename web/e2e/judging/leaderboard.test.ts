import { describe, expect } from 'vitest';
import { judgedDatabase } from '../../../server/test/judging/boards/judged-database.ts';
import { chromiumPath, everythingIsAsked } from '../setup/browser.ts';
import { awake, newcomer, seriousFaults } from '../setup/people.ts';
import { type Polylogue, test } from '../setup/polylogue.ts';

describe.skipIf(!chromiumPath && !everythingIsAsked)('the leaderboard in the browser', () => {
  let polylogue: Polylogue;
  test.beforeAll(async ({ polylogues, databaseFolder }) => {
    polylogue = await polylogues.open({ makeDatabase: judgedDatabase(databaseFolder) });
  });

  test('models are shown with their ranks, intervals, pairs, prices and course, on a phone too', async () => {
    const { page, problems } = await newcomer(polylogue, { viewport: { width: 1440, height: 900 } });
    await page.goto('/leaderboard');
    await awake(page);
    const table = page.getByRole('table', { name: 'Models by rating' });
    const models = await table.locator('tbody tr td:first-child').allTextContents();
    expect(models).toEqual(['Sage', 'Poet', 'Swift', 'vole', 'wren']);
    expect(await table.locator('tbody tr td:nth-child(2)').first().textContent()).toBe('1');
    await page.getByText('Sage is the best so far.').waitFor();
    await page
      .getByText(/^3\d\d verdicts by 7 members\..* Left out: 14 knew the models, 11 read a model’s name\.$/)
      .waitFor();
    const pair = page
      .getByRole('region', { name: 'Pairs' })
      .getByRole('row', { name: /^Sage/ })
      .getByRole('cell')
      .nth(1);
    expect(await pair.getAttribute('title')).toMatch(/^Sage beats Poet in \d\d of 100, \d\d to \d\d\. Judged: \d+ won/);
    await page.getByRole('img', { name: 'Ratings against credits an answer, as in the table above' }).waitFor();
    expect(await page.getByRole('img', { name: /over time/ }).count()).toBe(5);
    expect(await seriousFaults(page)).toEqual([]);
    for (const width of [820, 390]) {
      await page.setViewportSize({ width, height: 844 });
      expect(await page.locator('main').evaluate((main) => main.scrollWidth)).toBeLessThanOrEqual(width);
    }
    expect(problems).toEqual([]);
  });

  test('the filter is in the address, and a board without verdicts says how to begin', async () => {
    const { page, problems } = await newcomer(polylogue);
    await page.goto('/leaderboard');
    await awake(page);
    await page.getByLabel('Topic').selectOption('poems (105)');
    await page.waitForURL(/topic=poems/);
    await page.getByText(/^[89]\d verdicts by 7 members/).waitFor();
    await page.getByRole('link', { name: 'Judging models' }).click();
    await page.getByText('There are no such verdicts.').waitFor();
    expect(new URL(page.url()).searchParams.get('topic')).toBe('poems');
    expect(await seriousFaults(page)).toEqual([]);
    expect(await page.getByRole('link', { name: 'CSV' }).getAttribute('href')).toBe('/export/verdicts.csv?topic=poems');
    await page.goto('/leaderboard?to=2020-01-01');
    await awake(page);
    await page.getByRole('link', { name: 'Start a blind prompt' }).click();
    await page.getByRole('switch', { name: /Blind/ }).and(page.locator('[aria-checked=true]')).waitFor();
    expect(problems).toEqual([]);
  });
});
