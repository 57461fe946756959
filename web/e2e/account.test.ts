import { describe, expect } from 'vitest';
import { chromiumPath, everythingIsAsked } from './setup/browser.ts';
import { awake, emailOf, member, seriousFaults } from './setup/people.ts';
import { type Polylogue, test } from './setup/polylogue.ts';

describe.skipIf(!chromiumPath && !everythingIsAsked)('the account in the browser', () => {
  let polylogue: Polylogue;

  test.beforeAll(async ({ polylogues }) => {
    polylogue = await polylogues.open();
  });

  const asKey = async (secret: string, query: string) => {
    const headers = { 'content-type': 'application/json', 'x-api-key': secret };
    const response = await fetch(`${polylogue.url}/graphql`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ query }),
    });
    return response.json();
  };

  test('an API key is created with scopes and expiry, and the list shows both', async () => {
    const { page, problems } = await member(polylogue, 'Ada');
    await page.goto('/settings');
    await page.getByRole('navigation', { name: 'Settings' }).getByRole('link', { name: 'API keys' }).click();
    await page.getByLabel('Name of the key').fill('Nightly report');
    const create = page.getByRole('button', { name: 'Create key' });
    await page.getByRole('checkbox', { name: /^Read/ }).uncheck();
    await page.getByRole('checkbox', { name: /^Ask/ }).uncheck();
    expect(await create.isDisabled()).toBe(true);
    await page.getByRole('checkbox', { name: /^Read/ }).check();
    await page.getByLabel('Expires').selectOption('In 30 days');
    await create.click();
    const secret = (await page.getByRole('status').getByText('plk_').textContent()) ?? '';
    expect((await asKey(secret, '{ viewer { email } }')).data.viewer.email).toBe(emailOf(polylogue, 'Ada'));
    const refusal = (await asKey(secret, 'mutation { createConversation(input: {}) { id } }')).errors[0];
    expect(refusal).toMatchObject({
      message: 'This needs an API key with the scope PROMPT.',
      extensions: { code: 'FORBIDDEN' },
    });

    const row = page.getByRole('list', { name: 'Your API keys' }).getByRole('listitem');
    const day = new Intl.DateTimeFormat('en-US', { dateStyle: 'medium' }).format(Date.now() + 30 * 86_400_000);
    expect(await row.textContent()).toMatch(
      new RegExp(`Nightly report[^]*plk_[^]*Read[^]*expires ${day}[^]*never used`),
    );
    await page.reload();
    expect(await row.textContent()).toMatch(/last used \w+ \d/);
    expect(await seriousFaults(page)).toEqual([]);
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    expect(problems).toEqual([]);
  });

  test('an API key with a limit and few models is made, pasted, spent and reported by its name', async () => {
    const { page, problems, answered } = await member(polylogue, 'Edsger');
    await page.goto('/settings/keys');
    await awake(page);
    const lines = page.getByRole('tabpanel').locator('pre');
    expect(await lines.first().textContent()).toContain('Authorization: Bearer YOUR_KEY');

    const create = page.getByRole('button', { name: 'Create key' });
    await page.getByLabel('Name of the key').fill('Editor');
    await page.getByLabel('Credits a month').fill('many');
    await page.getByText('A whole number, such as 50,000.').waitFor();
    expect(await create.isDisabled()).toBe(true);
    await page.getByLabel('Credits a month').fill('250,000');
    await page.getByRole('radio', { name: 'Only some' }).check();
    expect(await create.isDisabled()).toBe(true);
    await page.getByLabel('Search models').fill('swift');
    await page.getByRole('checkbox', { name: 'Swift' }).check();
    await page.getByText('1 of', { exact: false }).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await create.click();
    const secret = (await page.getByRole('status').getByText('plk_').textContent()) ?? '';

    expect(await lines.first().textContent()).toContain(`curl ${polylogue.url}/v1/chat/completions`);
    expect(await lines.first().textContent()).toContain(`Authorization: Bearer ${secret}`);
    expect(await lines.first().textContent()).toContain('"model":"mock/swift"');
    await page.getByRole('tab', { name: 'curl' }).focus();
    for (const name of ['Python', 'Node', 'Editor', 'Claude Code']) {
      await page.keyboard.press('ArrowRight');
      await page.getByRole('tab', { name, selected: true }).waitFor();
    }
    expect(await lines.textContent()).toContain(`ANTHROPIC_AUTH_TOKEN=${secret}`);
    expect(await seriousFaults(page)).toEqual([]);

    const asked = 'mutation { sendPrompt(input: { prompt: "Hello", modelIds: ["mock/swift"] }) { __typename } }';
    expect((await asKey(secret, asked)).data.sendPrompt.__typename).toBe('SendPromptPayload');
    const row = page.getByRole('list', { name: 'Your API keys' }).getByRole('listitem');
    await expect
      .poll(async () => {
        await page.reload();
        return row.textContent();
      })
      .toMatch(/Editor.*Only Swift.*[1-9]\d* of 250k credits this month/);
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    await page.setViewportSize({ width: 1280, height: 800 });

    await row.getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.getByText('You have no keys.', { exact: false }).waitFor();
    await answered('Hello', ['mock/poet']);
    await page.goto('/usage?by=key');
    const figures = page.getByRole('table', { name: 'Figures by key' });
    await figures.getByRole('row', { name: /^Editor revoked · plk_\w{6}… [1-9]/ }).waitFor();
    await figures.getByRole('row', { name: /^No key asked in the web app [1-9]/ }).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    expect(problems).toEqual([]);
  });

  test('a change of password offers to revoke the API keys, shows their number and revokes them', async () => {
    const { page, problems, graphql } = await member(polylogue, 'Grace');
    await page.goto('/settings');
    expect(await page.getByLabel(/Also revoke/).count()).toBe(0);
    const make = 'mutation { createApiKey(name: "Bot") { secret } }';
    const { createApiKey } = await graphql<{ createApiKey: { secret: string } }>(make);
    await graphql(make);
    await page.reload();
    const fill = async (current: string, next: string) => {
      await page.getByLabel('Current password').fill(current);
      await page.getByLabel('New password').fill(next);
      await page.getByRole('button', { name: 'Change password' }).click();
    };
    await fill('correct horse', 'another horse');
    await page.getByText('Other browsers are signed out.', { exact: false }).first().waitFor();
    expect((await asKey(createApiKey.secret, '{ viewer { id } }')).data.viewer).not.toBeNull();

    await page.getByLabel('Also revoke my 2 API keys').check();
    await fill('another horse', 'correct horse');
    await page.getByText('your API keys are revoked', { exact: false }).first().waitFor();
    expect(await page.getByLabel(/Also revoke/).count()).toBe(0);
    await page.goto('/settings/keys');
    await page.getByText('You have no keys.', { exact: false }).waitFor();
    expect((await asKey(createApiKey.secret, '{ viewer { id } }')).data.viewer).toBeNull();
    expect(problems).toEqual([]);
  });
});
