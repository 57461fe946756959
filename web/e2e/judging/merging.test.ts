import { describe, expect } from 'vitest';
import { chromiumPath, everythingIsAsked } from '../setup/browser.ts';
import { lanes, promptOf } from '../setup/chat-page.ts';
import { awake, newcomer, seriousFaults } from '../setup/people.ts';
import { type Polylogue, test } from '../setup/polylogue.ts';

describe.skipIf(!chromiumPath && !everythingIsAsked)('a merge in the browser', () => {
  let polylogue: Polylogue;
  test.beforeAll(async ({ polylogues }) => {
    polylogue = await polylogues.open();
  });

  test('a model combines two answers in a lane beside them, at a price that is told before', async () => {
    const { page, problems } = await newcomer(polylogue);
    await page.goto('/');
    await awake(page);
    await promptOf(page).fill('Why are there tides?');
    await page.keyboard.press('Enter');
    await expect.poll(() => lanes(page, 'COMPLETED').count()).toBe(3);
    await page.getByRole('button', { name: 'Merge', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Merge answers' });
    await dialog.getByRole('checkbox', { name: 'Poet' }).uncheck();
    await dialog.getByLabel('Instruction (optional)').fill('In one sentence.');
    await dialog.getByText(/^At most [\d,]+ credits$/).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Merge' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await expect.poll(() => lanes(page, 'COMPLETED').count()).toBe(4);
    const merged = lanes(page, 'COMPLETED').last();
    expect(await merged.getByText(/^Merged from/).textContent()).toBe('Merged from A Swift · B Sage');
    await page.reload();
    await lanes(page, 'COMPLETED')
      .last()
      .getByText(/^Merged from/)
      .waitFor();
    expect(problems).toEqual([]);
  });

  test('a phone shows the lane of a merge as soon as it is asked for', async () => {
    const person = await newcomer(polylogue, { viewport: { width: 390, height: 844 } });
    const { page, problems } = person;
    const { path } = await person.answered('Why are there tides?', ['mock/swift', 'mock/sage']);
    await page.goto(path);
    await awake(page);
    await page.getByRole('button', { name: 'Merge', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Merge answers' });
    await dialog.getByText(/^At most [\d,]+ credits$/).waitFor();
    await dialog.getByRole('button', { name: 'Merge' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await page.getByRole('tab').nth(2).and(page.locator('[aria-selected=true]')).waitFor();
    await page
      .getByText(/^Merged from/)
      .first()
      .waitFor();
    expect(problems).toEqual([]);
  });
});
