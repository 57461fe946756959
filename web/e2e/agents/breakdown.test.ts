import { describe, expect } from 'vitest';
import { chromiumPath, everythingIsAsked } from '../setup/browser.ts';
import { lanes, send } from '../setup/chat-page.ts';
import { awake, member } from '../setup/people.ts';
import { test } from '../setup/polylogue.ts';
import { callingModels, chooseCalculator, startCallingModel } from './calling-model.ts';

describe.skipIf(!chromiumPath && !everythingIsAsked)('a server that breaks down, in the browser', () => {
  let model: Awaited<ReturnType<typeof startCallingModel>>;

  test.beforeAll(async () => {
    model = await startCallingModel({ pauseMs: 50 });
  });
  test.afterAll(() => model?.close());

  test('an answer whose server is killed in mid-step goes on in the open page by itself, and after a reload has lost nothing', async ({
    polylogues,
  }) => {
    const polylogue = await polylogues.openMortal({
      settings: { LAB_KEY: 'none', MOCK_PROVIDER: 'off', LEASE_SECONDS: '1' },
      catalogue: model.catalogue,
    });
    const { page, graphql } = await member(polylogue, 'Ada');
    await graphql('mutation ($input: SetToolsInput!) { setTools(input: $input) { id } }', {
      input: { ids: ['calculator'], enabled: true },
    });
    await page.goto(`/?model=${callingModels.reckoner}`);
    await awake(page);
    await chooseCalculator(page);
    await send(page, 'calculate 12');
    await page.waitForURL('**/c/**');
    await page.evaluate(() => Reflect.set(window, 'neverLoadedAnew', true));
    const done = () => page.locator('[data-call=DONE] summary').allTextContents();
    await expect.poll(async () => (await done()).length, { timeout: 30_000 }).toBeGreaterThanOrEqual(3);
    const before = await done();
    await polylogue.breakDown();

    await lanes(page, 'COMPLETED').waitFor({ timeout: 60_000 });
    await page.getByText('I calculated 12 times.').waitFor();
    await expect.poll(async () => (await done()).length).toBe(12);
    const seen = await done();
    expect(seen.slice(0, before.length)).toEqual(before);
    expect(await page.evaluate(() => Reflect.get(window, 'neverLoadedAnew'))).toBe(true);
    await page.reload();
    await awake(page);
    await expect.poll(done, { timeout: 20_000 }).toEqual(seen);
    await page.getByText('I calculated 12 times.').waitFor();
  }, 180_000);
});
