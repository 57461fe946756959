import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { chromiumPath, everythingIsAsked } from './setup/browser.ts';
import { awake, drawn, member, seriousFaults } from './setup/people.ts';
import { type Polylogue, test } from './setup/polylogue.ts';

describe.skipIf(!chromiumPath && !everythingIsAsked)('credits in the browser', () => {
  let polylogue: Polylogue;

  test.beforeAll(async ({ polylogues }) => {
    // The mock is slow enough for the falling meter to be seen.
    polylogue = await polylogues.open({ empty: true, settings: { MOCK_PACE: '2' } });
  });

  test('the meter falls while an answer is written, and the receipt adds up', async () => {
    const { page, problems, ask } = await member(polylogue, 'Ada');
    await page.goto('/');
    const before = await available(page);
    await ask('Explain the tides', ['mock/sage']);
    // Credits are held for the answer in progress, before anything is charged.
    await expect.poll(() => available(page)).toBeLessThan(before);
    await page.getByRole('link', { name: /held for answers in progress/ }).waitFor();
    await page.getByRole('link', { name: /credits available: your usage/ }).click({ timeout: 30_000 });
    await page.getByRole('heading', { name: 'Ledger' }).waitFor();

    const charge = page.getByRole('row').filter({ has: page.getByRole('button', { name: /Charge Sage/ }) });
    await charge.getByRole('button').click();
    const receipt = page.getByRole('table', { name: 'Receipt of Sage' });
    const lines = await receipt
      .locator('[data-line]')
      .evaluateAll((rows) => rows.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent ?? '')));
    expect(lines.length).toBeGreaterThan(1);
    const millionths = lines.reduce((sum, [tokens, price]) => sum + figure(tokens) * figure(price), 0);
    const charged = figure(
      await receipt
        .getByRole('row', { name: /^Charged/ })
        .getByRole('cell')
        .textContent(),
    );
    expect(charged).toBe(Math.ceil(millionths / 1_000_000));
    const [amount, balance] = (await charge.getByRole('cell').allInnerTexts()).slice(-2).map(figure);
    expect([amount, balance]).toEqual([-charged, before - charged]);
    expect(await available(page)).toBe(before - charged);

    await page.getByRole('link', { name: 'Explain the tides' }).last().click();
    await page.waitForURL('**/c/**');
    expect(problems).toEqual([]);
  });

  test('an answer’s credits open its receipt beside it, with dollars where the admin wishes', async () => {
    const admin = await member(polylogue, 'Ada');
    await admin.page.goto('/admin/settings');
    await awake(admin.page);
    const dollars = admin.page.getByRole('switch', { name: 'Show dollars beside credits' });
    await dollars.click();
    await expect.poll(() => dollars.getAttribute('aria-checked')).toBe('true');
    expect(await seriousFaults(admin.page)).toEqual([]);

    const { page, problems, answered } = await member(polylogue, 'Emmy');
    const { path } = await answered('Name a river', ['mock/sage']);
    await page.goto(path);
    await awake(page);
    const charged = page.getByRole('button', { name: /credits were charged: the receipt/ });
    expect(await charged.textContent()).toMatch(/^[\d,]+ cr · \$0\.\d+$/);
    await charged.click();
    await page.getByRole('table', { name: 'Receipt of Sage' }).waitFor();
    await page.getByRole('row', { name: /^In USD \$0\.\d+/ }).waitFor();
    await page.getByText(/^The first word came after .* It took .* in all: .* read; .* written/).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await dollars.click();
    await expect.poll(() => dollars.getAttribute('aria-checked')).toBe('false');
    expect([...problems, ...admin.problems]).toEqual([]);
  });

  test('a member whose credits run low is warned, told when they renew, and may shorten answers to ask on', async () => {
    const admin = await member(polylogue, 'Ada');
    const { page, problems } = await member(polylogue, 'Sofia');
    await page.goto('/');
    await awake(page);
    const meter = page.locator('[data-available]');
    expect(await meter.getAttribute('data-level')).toBe('enough');
    const credits = await available(page);
    await admin.page.goto('/admin/users?search=sofia');
    await awake(admin.page);
    await admin.page.getByRole('button', { name: 'Adjust credits of Sofia' }).click();
    await admin.page.getByLabel(/Credits to give/).fill(String(5000 - credits));
    await admin.page.getByLabel('Why').fill('To see');
    await admin.page.getByRole('button', { name: /^Take / }).click();
    await expect.poll(() => meter.getAttribute('data-level')).toBe('empty');
    expect(await meter.getAttribute('aria-label')).toMatch(/They renew on \w+ \d+/);

    await page.getByRole('button', { name: 'Add a model' }).waitFor();
    await page.getByLabel('Prompt').fill('Explain the tides');
    const banner = page.getByRole('status').filter({ hasText: 'They renew on' });
    await banner.waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await banner.getByRole('button', { name: /Shorten answers to/ }).click();
    await banner.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Send' }).click();
    await page.locator('[data-status="COMPLETED"]').first().waitFor();
    expect([...problems, ...admin.problems]).toEqual([]);
  });

  test('a program’s call is in the ledger by that name, and its receipt does not call its text deleted', async () => {
    const { page, problems, graphql } = await member(polylogue, 'Joan');
    const { createApiKey } = await graphql<{ createApiKey: { secret: string } }>(
      'mutation { createApiKey(name: "Program") { secret } }',
    );
    const called = await page.request.post(`${polylogue.url}/v1/chat/completions`, {
      headers: { Authorization: `Bearer ${createApiKey.secret}` },
      data: { model: 'mock/swift', messages: [{ role: 'user', content: 'Hello' }] },
    });
    expect(called.status()).toBe(200);
    await page.goto('/usage');
    await awake(page);
    await page.getByRole('button', { name: 'API call Swift' }).click();
    await page.getByRole('table', { name: 'Receipt of Swift' }).waitFor();
    await page.getByText('API call: a program asked, and the text was not kept.').waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    expect(problems).toEqual([]);
  });

  test('a grant appears on the member’s open page and in the ledger without a reload', async () => {
    const admin = await member(polylogue, 'Ada');
    const grace = await member(polylogue, 'Grace');
    await grace.page.goto('/usage');
    const before = await available(grace.page);
    await grace.page.evaluate(() => Object.assign(window, { sameMark: true }));

    await admin.page.goto('/admin/users?search=grace');
    await admin.page.getByRole('button', { name: 'Adjust credits of Grace' }).click();
    await admin.page.getByLabel(/Credits to give/).fill('50,000');
    await admin.page.getByLabel('Why').fill('For the workshop');
    await admin.page.getByRole('button', { name: 'Give 50,000 credits' }).click();
    await admin.page.getByRole('cell', { name: figures(before + 50_000) }).waitFor();

    await expect.poll(() => available(grace.page)).toBe(before + 50_000);
    const entry = grace.page.getByRole('row', { name: /Adjustment\s*For the workshop/ });
    await entry.waitFor();
    expect(await entry.textContent()).toContain('+50,000');
    expect(await grace.page.evaluate(() => 'sameMark' in window)).toBe(true);
    expect([...admin.problems, ...grace.problems]).toEqual([]);
  });

  test('a member’s change of plan brings its credits at once', async () => {
    const { page, problems } = await member(polylogue, 'Alan');
    await page.goto('/usage');
    const before = await available(page);
    await page.getByRole('button', { name: 'Change to Pro' }).click();
    await page.getByRole('listitem').filter({ hasText: 'Your plan' }).filter({ hasText: 'Pro' }).waitFor();
    await page.getByRole('row', { name: /Grant\s*Change to Pro/ }).waitFor();
    expect(await available(page)).toBeGreaterThan(before);
    expect(problems).toEqual([]);
  });

  test('the address holds the view: time, group and sort order', async () => {
    const { page, problems, answered } = await member(polylogue, 'Barbara');
    await answered('Name a river', ['mock/swift', 'mock/thinker']);
    await page.goto('/usage?from=&by=model');
    const report = page.getByRole('table', { name: 'Figures by model' });
    const credits = report.getByRole('columnheader', { name: 'Credits' });
    await credits.getByRole('button').click();
    await page.waitForURL('**sort=-credits**');
    // The address changes before the table does, and a click reverses the order that the table shows.
    await expect.poll(() => credits.getAttribute('aria-sort')).toBe('descending');
    await credits.getByRole('button').click();
    await page.waitForURL('**sort=credits**');
    await expect.poll(() => credits.getAttribute('aria-sort')).toBe('ascending');
    const names = () => report.locator('tbody').getByRole('row').locator('td:first-child').allInnerTexts();
    const seen = await names();
    await page.reload();
    expect(await names()).toEqual(seen);
    await page.goto('/usage?from=2026-02-01&to=2026-01-01');
    await page.getByText('The range ends before it begins.').waitFor();
    expect(problems).toEqual([]);
  });

  test('a load that the next navigation overtakes is no error of the page, but other rejections are', async () => {
    const { page, problems } = await member(polylogue, 'Barbara');
    await page.goto('/usage');
    await awake(page);
    await page.evaluate(() => {
      // Remix leaves such a rejection unhandled if the router aborts a load whose beginning has arrived.
      const overtaken = new AbortController();
      overtaken.abort();
      void Promise.reject(overtaken.signal.reason);
      void Promise.reject(new Error('A real one'));
    });
    await expect.poll(() => problems).toEqual([expect.stringContaining('A real one')]);
  });

  test('a day can be typed in one go, and the address follows', async () => {
    const { page, problems } = await member(polylogue, 'Barbara', { locale: 'en-US' });
    await page.goto('/usage');
    await awake(page);
    const from = page.getByLabel('From', { exact: true });
    await from.focus();
    // The page is drawn after each digit, as when a person types.
    for (const digit of '10052025') {
      await page.keyboard.press(digit);
      await drawn(page);
    }
    expect(await from.inputValue()).toBe('2025-10-05');
    expect(await from.evaluate((field) => field === document.activeElement)).toBe(true);
    await page.waitForURL('**from=2025-10-05**');
    // The field follows the address when it changes.
    await page.getByRole('link', { name: 'All', exact: true }).click();
    await expect.poll(() => from.inputValue()).toBe('');
    expect(problems).toEqual([]);
  });

  test('the usage page has no serious accessibility fault and fits a phone', async () => {
    const { page, problems, answered } = await member(polylogue, 'Barbara', { reducedMotion: 'reduce' });
    await answered('Name a tree', ['mock/swift']);
    await page.goto('/usage');
    await page
      .getByRole('button', { name: /^Charge/ })
      .first()
      .click();
    await page.locator('.recharts-bar').first().waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    expect(await seriousFaults(page)).toEqual([]);
    expect(problems).toEqual([]);
  });
});

/** The available credits that the meter shows. */
async function available(page: Page): Promise<number> {
  return Number(await page.locator('[data-available]').getAttribute('data-available'));
}

/** The number in a text such as 1,234 or −1,234. */
function figure(text: string | null | undefined): number {
  return Number(text?.replaceAll(',', '').replace('−', '-'));
}

function figures(value: number): string {
  return value.toLocaleString('en-US');
}
