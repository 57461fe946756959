import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { chromiumPath, everythingIsAsked } from './setup/browser.ts';
import { type Polylogue, test } from './setup/polylogue.ts';

describe.skipIf(!chromiumPath && !everythingIsAsked)('GraphiQL', () => {
  let polylogue: Polylogue;
  let key: string;
  let turnId: string;
  test.beforeAll(async ({ polylogues }) => {
    polylogue = await polylogues.open();
    const json = { 'content-type': 'application/json' };
    const signedUp = await fetch(`${polylogue.url}/api/auth/sign-up/email`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ name: 'Ann', email: 'ann@example.org', password: 'correct horse battery staple' }),
    });
    const cookie = signedUp.headers
      .getSetCookie()
      .map((set) => set.split(';', 1)[0])
      .join('; ');
    const ask = async (query: string) => {
      const response = await fetch(`${polylogue.url}/graphql`, {
        method: 'POST',
        headers: { ...json, cookie },
        body: JSON.stringify({ query }),
      });
      return (await response.json()).data;
    };
    key = (await ask('mutation { createApiKey(name: "GraphiQL") { secret } }')).createApiKey.secret;
    const { sendPrompt } = await ask(
      'mutation { sendPrompt(input: { prompt: "Hello", modelIds: ["mock/swift"] }) { ... on SendPromptPayload { turn { id } } } }',
    );
    turnId = sendPrompt.turn.id;
  });

  async function open(query: string): Promise<{ page: Page; problems: string[] }> {
    const opened = await polylogue.open();
    await opened.page.goto(`/graphql?query=${encodeURIComponent(query)}`);
    await opened.page.locator('.graphiql-execute-button').waitFor();
    return opened;
  }

  async function run(page: Page): Promise<string> {
    await page.locator('.graphiql-execute-button').click();
    const result = page.locator('.graphiql-response .view-lines');
    await page.waitForFunction(() =>
      /"data"|"errors"/.test(document.querySelector('.graphiql-response')?.textContent ?? ''),
    );
    return (await result.textContent()) ?? '';
  }

  test('loads under its policy without an error, and runs a query', async () => {
    const { page, problems } = await open('{ models { id } }');
    expect(await run(page)).toContain('mock/swift');
    expect(problems).toEqual([]);
  });

  test('sends the headers of its tab with a subscription too', async () => {
    const { page, problems } = await open(
      `subscription { streamResponse(turnId: "${turnId}") { ... on ResponseFinished { response { status } } } }`,
    );
    expect(await run(page)).toContain('UNAUTHENTICATED');
    await page.getByRole('button', { name: 'Headers' }).click();
    await page.locator('.graphiql-editor-tool .monaco-editor').last().click();
    await page.keyboard.insertText(JSON.stringify({ authorization: `Bearer ${key}` }));
    await page.locator('.graphiql-execute-button').click();
    await page.waitForFunction(() => document.querySelector('.graphiql-response')?.textContent?.includes('COMPLETED'));
    expect(problems).toEqual([]);
  });
});
