import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { faultsOf } from '../accessibility/faults.ts';
import { chromiumPath, everythingIsAsked } from '../setup/browser.ts';
import { lanes, send } from '../setup/chat-page.ts';
import { awake, member, newcomer, type Person } from '../setup/people.ts';
import { type Polylogue, test } from '../setup/polylogue.ts';
import { callingModels, chooseCalculator, startCallingModel } from './calling-model.ts';

const { reckoner, counter, mute } = callingModels;

describe.skipIf(!chromiumPath && !everythingIsAsked)('calls of tools in the browser', () => {
  let polylogue: Polylogue;
  let admin: Person;
  let model: Awaited<ReturnType<typeof startCallingModel>>;

  test.beforeAll(async ({ polylogues }) => {
    model = await startCallingModel();
    polylogue = await polylogues.open({
      empty: true,
      settings: { LAB_KEY: 'none', MOCK_PROVIDER: 'off', SIGN_UP: 'open', AGENT_STEPS_MAX: '40' },
      catalogue: model.catalogue,
    });
    admin = await member(polylogue, 'Ada');
  });
  test.afterAll(() => model?.close());

  const offer = (input: { enabled: boolean; needsApproval: boolean }) =>
    admin.graphql('mutation ($input: SetToolsInput!) { setTools(input: $input) { id } }', {
      input: { ids: ['calculator'], ...input },
    });

  async function beginWith(page: Page, models: readonly string[]): Promise<void> {
    await page.goto(`/?${models.map((id) => `model=${id}`).join('&')}`);
    await awake(page);
  }

  const cards = (page: Page) => page.getByRole('region', { name: 'May Calculator be used?' });
  const calls = (page: Page, status: string) => page.locator(`[data-call=${status}]`);

  test('where the server offers no tools, nothing of them is shown or loaded', async () => {
    const { page, problems } = await newcomer(polylogue);
    await offer({ enabled: false, needsApproval: false });
    await beginWith(page, [reckoner]);
    await page.getByRole('button', { name: 'Parameters' }).click();
    await page.getByLabel('System prompt').waitFor();
    await send(page, 'Hello');
    await lanes(page, 'COMPLETED').first().waitFor();
    expect(await page.getByText('Tools that models may use').count()).toBe(0);
    const loaded = await page.evaluate(() =>
      performance
        .getEntriesByType('resource')
        .map(({ name }) => name)
        .join(' '),
    );
    expect(loaded).not.toMatch(/call-view|tools-line/);
    expect(problems).toEqual([]);
  });

  test('a call waits in every open tab for its member, who approves it by keys, and is told by step', async () => {
    await offer({ enabled: true, needsApproval: true });
    const { page, problems } = await newcomer(polylogue);
    await beginWith(page, [reckoner]);
    await chooseCalculator(page);
    await page.reload();
    await awake(page);
    await page.getByText('May use Calculator.').waitFor();
    await send(page, 'calculate 1');
    await cards(page).waitFor();
    await page.waitForURL('**/c/**');
    const other = await page.context().newPage();
    await other.goto(page.url());
    await awake(other);
    await cards(other).waitFor();
    await cards(other).getByText('"expression": "1 * 7"').waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await page
      .getByRole('log')
      .getByText(/step 1: Calculator waits for your word/)
      .waitFor({ state: 'attached' });
    await page.keyboard.press('Control+.');
    await page.locator('button:focus').getByText('Once').waitFor();
    await page.keyboard.press('y');
    for (const tab of [page, other]) {
      await cards(tab).waitFor({ state: 'detached' });
      await calls(tab, 'DONE').waitFor();
      await lanes(tab, 'COMPLETED').waitFor();
      await tab.getByText('I calculated 1 times.').waitFor();
    }
    await page
      .getByRole('log')
      .getByText(/step 1: Calculator, done/)
      .waitFor({ state: 'attached' });
    await calls(page, 'DONE').locator('summary').click();
    await calls(page, 'DONE').getByRole('region', { name: 'Result' }).getByText('7').waitFor();
    expect(await faultsOf(page)).toEqual([]);
    expect(problems).toEqual([]);
    await other.close();
  });

  test('one answer serves all lanes that ask the same, on a phone too, and “Never” is kept', async () => {
    await offer({ enabled: true, needsApproval: true });
    const { page, problems } = await newcomer(polylogue, { viewport: { width: 390, height: 844 } });
    await beginWith(page, [reckoner, counter]);
    await page.getByRole('button', { name: /^Choose what is asked|2 models/ }).click();
    await page.getByRole('checkbox', { name: /Calculator/ }).check();
    expect(await faultsOf(page, '[role=dialog]')).toEqual([]);
    await page.getByRole('button', { name: 'Done' }).click();
    await send(page, 'calculate 1');
    await expect.poll(() => calls(page, 'WAITING_FOR_APPROVAL').count(), { timeout: 20_000 }).toBe(2);
    // The tab of a lane that is not seen says that it waits as well.
    await page.getByRole('tab', { name: /Counter.*waiting for your word/ }).waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await cards(page).first().getByRole('button', { name: 'Never' }).click();
    await expect.poll(() => calls(page, 'REFUSED').count(), { timeout: 20_000 }).toBeGreaterThanOrEqual(2);
    await expect.poll(() => cards(page).count()).toBe(0);
    expect(problems).toEqual([]);
  });

  test('lanes beside each other show the same step at the same height, after a reload too', async () => {
    await offer({ enabled: true, needsApproval: false });
    const { page, problems } = await newcomer(polylogue, { viewport: { width: 1440, height: 600 } });
    await beginWith(page, [reckoner, counter]);
    await chooseCalculator(page);
    await send(page, 'calculate 4');
    const between = () =>
      page.locator('.lane').evaluateAll((all) => {
        const [one = [], other = []] = all.map((lane) =>
          [...lane.querySelectorAll('summary')].map((step) => step.getBoundingClientRect().top),
        );
        return one.map((top, at) => Math.round(top - (other[at] ?? Number.NaN)));
      });
    await lanes(page, 'COMPLETED').nth(1).waitFor();
    await expect.poll(between).toEqual([0, 0, 0, 0]);
    await page.reload();
    await expect.poll(between, { timeout: 20_000 }).toEqual([0, 0, 0, 0]);
    await calls(page, 'DONE').first().locator('summary').click();
    await page.getByRole('region', { name: 'Result' }).waitFor();
    await expect.poll(between).toEqual([0, 0, 0, 0]);
    await page.locator('.arena').evaluate((arena) => arena.scrollTo(0, arena.scrollHeight));
    await expect.poll(between).toEqual([0, 0, 0, 0]);
    // One lane alone needs no room for others.
    await page.setViewportSize({ width: 390, height: 844 });
    await expect
      .poll(() =>
        calls(page, 'DONE')
          .first()
          .evaluate((step) => getComputedStyle(step).marginTop),
      )
      .toBe('0px');
    expect(problems).toEqual([]);
  });

  test('an answer of thirty steps that is reloaded in mid-step lost nothing', async () => {
    await offer({ enabled: true, needsApproval: false });
    const { page, problems } = await newcomer(polylogue);
    await beginWith(page, [reckoner]);
    await chooseCalculator(page);
    await send(page, 'calculate 30');
    await page.waitForURL('**/c/**');
    for (const least of [3, 12]) {
      await expect.poll(() => calls(page, 'DONE').count(), { timeout: 30_000 }).toBeGreaterThanOrEqual(least);
      await page.reload();
      await awake(page);
    }
    await lanes(page, 'COMPLETED').waitFor({ timeout: 60_000 });
    const steps = () => page.locator('[data-call=DONE] summary').allTextContents();
    await expect.poll(async () => (await steps()).length, { timeout: 20_000 }).toBe(30);
    const seen = await steps();
    expect(seen.map((step) => /\d+/.exec(step)?.[0])).toEqual(Array.from({ length: 30 }, (_, at) => String(at + 1)));
    await page.reload();
    await expect.poll(steps, { timeout: 20_000 }).toEqual(seen);
    await page.getByText('I calculated 30 times.').waitFor();
    expect(problems).toEqual([]);
  });

  test('a model that cannot call tools says so before it is asked', async () => {
    await offer({ enabled: true, needsApproval: false });
    const { page, problems } = await newcomer(polylogue);
    await beginWith(page, [reckoner, mute]);
    await chooseCalculator(page);
    await page.getByText('Mute cannot call tools, and would be refused.').waitFor();
    expect(await faultsOf(page, 'main')).toEqual([]);
    await page.getByRole('button', { name: /^Parameters/ }).click();
    await page.getByRole('dialog').getByText('Mute cannot call tools').waitFor();
    expect(await faultsOf(page, '[role=dialog]')).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Use no tools and no agent' }).click();
    await page.getByText('May use Calculator.').waitFor({ state: 'detached' });
    expect(problems).toEqual([]);
  });
});
