import { AxeBuilder } from '@axe-core/playwright';
import type { BrowserContextOptions, Page, Route } from 'playwright-core';
import type { Polylogue } from './polylogue.ts';

/** Somebody signed in, in a browser of their own. */
export interface Person {
  page: Page;
  /** Whatever the page complains of. */
  problems: string[];
  /** The API, as this person. */
  graphql<Data>(query: string, variables?: object): Promise<Data>;
  /** Sends a prompt; resolves when every answer is at its end. */
  answered(prompt: string, modelIds: string[]): Promise<void>;
  /** Sends a prompt, and waits for nothing. */
  ask(prompt: string, modelIds: string[]): Promise<string>;
}

const password = 'correct horse';

export function emailOf(name: string): string {
  return `${name.toLowerCase()}@example.org`;
}

/** The member of that name, with an account from now on if there was none; a server's first one is its admin. */
export async function member(polylogue: Polylogue, name: string, options?: BrowserContextOptions): Promise<Person> {
  const { page, problems } = await polylogue.open(options);
  const post = (path: string, data: object) =>
    page.request.post(path, { data, headers: { origin: polylogue.url }, failOnStatusCode: false });
  const account = { email: emailOf(name), password };
  const known = await post('/api/auth/sign-in/email', account);
  if (!known.ok()) {
    const made = await post('/api/auth/sign-up/email', { name, ...account });
    if (!made.ok()) throw new Error(`${name} got no account: ${await made.text()}`);
  }

  async function graphql<Data>(query: string, variables?: object): Promise<Data> {
    const { data, errors } = await (await post('/graphql', { query, variables })).json();
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  }

  async function ask(prompt: string, modelIds: string[]): Promise<string> {
    const { sendPrompt } = await graphql<{ sendPrompt: { turn?: { id: string }; message?: string } }>(
      `mutation ($input: SendPromptInput!) {
        sendPrompt(input: $input) { ... on SendPromptPayload { turn { id } } ... on Error { message } }
      }`,
      { input: { prompt, modelIds } },
    );
    if (!sendPrompt.turn) throw new Error(sendPrompt.message);
    return sendPrompt.turn.id;
  }

  async function answered(prompt: string, modelIds: string[]): Promise<void> {
    const turnId = await ask(prompt, modelIds);
    for (;;) {
      const { node } = await graphql<{ node: { responses: { finishedAt: string | null }[] } }>(
        'query ($id: ID!) { node(id: $id) { ... on Turn { responses { finishedAt } } } }',
        { id: turnId },
      );
      if (node.responses.every(({ finishedAt }) => finishedAt !== null)) return;
      await page.waitForTimeout(200);
    }
  }

  return { page, problems, graphql, ask, answered };
}

/** What axe finds serious or critical, in light and in dark, where nothing but the colours is another matter. */
export async function seriousFaults(page: Page): Promise<string[]> {
  const light = await axe(page).analyze();
  await page.emulateMedia({ colorScheme: 'dark' });
  const dark = await axe(page).withRules('color-contrast').analyze();
  await page.emulateMedia({ colorScheme: 'light' });
  return [...light.violations, ...dark.violations]
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${page.url()}: ${id}: ${nodes[0]?.html}`);
}

/** What is right is not described, and no page is opened to put the parts of several frames together: there is one. */
function axe(page: Page): AxeBuilder {
  return new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ['violations'] });
}

/** Keys are heard once the page's script runs. */
export async function openPalette(page: Page): Promise<void> {
  const palette = page.getByRole('dialog', { name: 'Commands' });
  for (const patience = AbortSignal.timeout(30_000); !patience.aborted; ) {
    await page.keyboard.press('Control+k');
    if (await palette.isVisible()) return;
  }
  throw new Error('The palette does not open.');
}

/**
 * What the page asks for at an address goes through the test from here on. `page.route` alone answers a moment before
 * the page knows of it, and what it sends until then passes by.
 */
export async function intercept(
  page: Page,
  address: string | RegExp,
  handle: (route: Route) => unknown,
): Promise<void> {
  await page.route(address, handle);
  let passedBy = true;
  await page.route('**/health', async (route) => {
    passedBy = false;
    await route.fulfill();
  });
  while (passedBy) await page.evaluate(() => fetch('/health'));
  await page.unroute('**/health');
}
