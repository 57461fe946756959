import { describe, expect } from 'vitest';
import { chromiumPath, everythingIsAsked } from './setup/browser.ts';
import { awake, member, seriousFaults } from './setup/people.ts';
import { type Polylogue, test } from './setup/polylogue.ts';

const ample = { growingHolds: true, monthlyCredits: 2_200 };

describe.skipIf(!chromiumPath && !everythingIsAsked)('a budget that nears its end, in the browser', () => {
  let polylogue: Polylogue;

  test.beforeAll(async ({ polylogues }) => {
    polylogue = await polylogues.open({
      empty: true,
      catalogue: { tiers: { FREE: ample, PRO: ample, ENTERPRISE: ample } },
    });
  });

  test('is told above the page while answers are charged, until it is dismissed', async () => {
    const { page, problems, answered } = await member(polylogue, 'Ada');
    await page.goto('/');
    await awake(page);
    await answered('Explain the tides', ['mock/sage']);
    const { path } = await answered('Explain the moon', ['mock/sage'], { parameters: { maxOutputTokens: 250 } });
    const budgets = page.getByRole('list', { name: 'Budgets' });
    await budgets.getByText(/^⚠ You have used (50|80) % of this month’s 2,200 credits\.$/).waitFor();
    await page.goto(path);
    await awake(page);
    expect(await seriousFaults(page)).toEqual([]);
    await budgets.getByRole('button', { name: 'Dismiss' }).click();
    await budgets.waitFor({ state: 'detached' });
    expect(problems).toEqual([]);
  });
});
