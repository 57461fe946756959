import { describe, expect } from 'vitest';
import { chromiumPath, everythingIsAsked } from '../setup/browser.ts';
import { withConversation } from '../setup/chat-page.ts';
import { seriousFaults } from '../setup/people.ts';
import { type Polylogue, test } from '../setup/polylogue.ts';

describe.skipIf(!chromiumPath && !everythingIsAsked)('a prompt kept for evaluations in the browser', () => {
  let polylogue: Polylogue;
  test.beforeAll(async ({ polylogues }) => {
    polylogue = await polylogues.open();
  });

  test('a prompt goes into a new set, and the next one into the same', async () => {
    const asked = { prompts: ['Why are there tides?', 'And why twice a day?'], models: ['Swift'] };
    const { page, problems } = await withConversation(polylogue, asked);
    await page.getByRole('button', { name: 'Add prompt to a set' }).first().click();
    const dialog = page.getByRole('dialog', { name: 'Add to a prompt set' });
    await dialog.getByLabel('Its name').fill('Physics');
    expect(await seriousFaults(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Add' }).click();
    await page.getByText('The prompt is in “Physics”.').first().waitFor();
    await page.getByRole('button', { name: 'Add prompt to a set' }).last().click();
    expect(await dialog.getByLabel('Set', { exact: true }).locator('option:checked').textContent()).toBe(
      'Physics · 1 prompt',
    );
    await dialog.getByRole('button', { name: 'Add' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await page.goto('/evaluations');
    await page.getByRole('link', { name: 'Physics' }).click();
    await page.getByText('And why twice a day?').first().waitFor();
    expect(problems).toEqual([]);
  });
});
