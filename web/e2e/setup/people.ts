import axe from 'axe-core';
import type { APIResponse, BrowserContextOptions, Page, Route } from 'playwright-core';
import type { Polylogue } from './polylogue.ts';

/** A member who is signed in, in a browser window of their own. */
export interface Person {
  page: Page;
  /** The errors and warnings of the page. */
  problems: string[];
  email: string;
  /** Queries the API as this person. */
  graphql<Data>(query: string, variables?: object): Promise<Data>;
  /** Sends a prompt; resolves when every answer has ended. */
  answered(prompt: string, modelIds: string[], more?: AskOptions): Promise<Asked>;
  /** Sends a prompt without waiting for its answers. */
  ask(prompt: string, modelIds: string[], more?: AskOptions): Promise<Asked>;
}

export interface AskOptions {
  parentTurnId?: string;
  parameters?: { maxOutputTokens?: number };
}

export interface Asked {
  turnId: string;
  /** The path of the conversation's page. */
  path: string;
}

const password = 'correct horse';
let newcomers = 0;

export function emailOf({ domain }: Polylogue, name: string): string {
  return `${name.toLowerCase()}@${domain}`;
}

/** The member with this name, who gets an account if there is none. A server's first member is its admin. */
export async function member(polylogue: Polylogue, name: string, options?: BrowserContextOptions): Promise<Person> {
  const { sessions, url } = polylogue;
  const opened = await polylogue.open(options);
  const session = sessions.get(name);
  if (session) await opened.page.context().addCookies(session);
  else await createAccount(opened.page, url, { name, email: emailOf(polylogue, name) });
  if (!session) sessions.set(name, await opened.page.context().cookies());
  return personAt(opened, url, emailOf(polylogue, name));
}

/** A member with a new account, whom no other test uses. */
export async function newcomer(polylogue: Polylogue, options?: BrowserContextOptions): Promise<Person> {
  const opened = await polylogue.open(options);
  const email = emailOf(polylogue, `person-${++newcomers}`);
  await createAccount(opened.page, polylogue.url, { name: 'Ada', email });
  return personAt(opened, polylogue.url, email);
}

async function createAccount(page: Page, origin: string, who: { name: string; email: string }): Promise<void> {
  const made = await post(page, origin, '/api/auth/sign-up/email', { ...who, password });
  if (!made.ok()) throw new Error(`${who.name} got no account: ${await made.text()}`);
}

function post(page: Page, origin: string, path: string, data: object, headers = {}): Promise<APIResponse> {
  return page.request.post(path, { data, headers: { origin, ...headers }, failOnStatusCode: false, timeout: 60_000 });
}

function personAt({ page, problems }: Pick<Person, 'page' | 'problems'>, origin: string, email: string): Person {
  async function graphql<Data>(query: string, variables?: object): Promise<Data> {
    const { data, errors } = await (await post(page, origin, '/graphql', { query, variables })).json();
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  }

  async function ask(prompt: string, modelIds: string[], more?: AskOptions): Promise<Asked> {
    const { sendPrompt } = await graphql<{
      sendPrompt: { turn?: { id: string }; conversation?: { id: string }; message?: string };
    }>(
      `mutation ($input: SendPromptInput!) {
        sendPrompt(input: $input) {
          ... on SendPromptPayload { turn { id } conversation { id } }
          ... on Error { message }
        }
      }`,
      { input: { prompt, modelIds, ...more } },
    );
    const { turn, conversation, message } = sendPrompt;
    if (!turn || !conversation) throw new Error(message);
    return { turnId: turn.id, path: `/c/${encodeURIComponent(conversation.id)}` };
  }

  async function answered(prompt: string, modelIds: string[], more?: AskOptions): Promise<Asked> {
    const asked = await ask(prompt, modelIds, more);
    // The turn's stream ends with its last answer.
    const query = 'subscription ($turnId: ID!) { streamResponse(turnId: $turnId) { __typename } }';
    const stream = { query, variables: { turnId: asked.turnId } };
    const followed = await post(page, origin, '/graphql', stream, { accept: 'text/event-stream' });
    if (!followed.ok()) throw new Error(`The answers could not be followed: ${await followed.text()}`);
    return asked;
  }

  return { page, problems, email, graphql, ask, answered };
}

/** The serious and critical violations that axe finds. In dark it checks contrast alone: nothing else differs from light. */
export async function seriousFaults(page: Page): Promise<string[]> {
  // Loading axe again costs as much as running it.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source);
  const light = await violations(page);
  await page.emulateMedia({ colorScheme: 'dark' });
  const dark = await violations(page, ['color-contrast']);
  await page.emulateMedia({ colorScheme: 'light' });
  return [...light, ...dark]
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${page.url()}: ${id}: ${nodes[0]?.html}`);
}

/** The violations of these rules, or of all. Elements that pass are not described. */
function violations(page: Page, runOnly?: string[]): Promise<axe.Result[]> {
  return page.evaluate(async (runOnly) => {
    const { run } = Reflect.get(window, 'axe') as typeof axe;
    const results = await run(document, { resultTypes: ['violations'], ...(runOnly && { runOnly }) });
    return results.violations;
  }, runOnly);
}

/** Resolves when the page is hydrated: it reacts to clicks and keys from then on. */
export async function awake(page: Page): Promise<void> {
  await page.waitForFunction(() => performance.getEntriesByName('alive').length > 0);
}

/** Resolves when the page shows what it has rendered by now. */
export async function drawn(page: Page): Promise<void> {
  await page.evaluate(async () => {
    for (let frames = 0; frames < 3; frames++) await new Promise((resolve) => requestAnimationFrame(resolve));
  });
}

/**
 * Resolves when the page has dealt with everything that had reached it, and shows the result: for tests of what must not
 * happen. Requests that the page sends as a consequence have been sent by then, but need not be answered.
 */
export async function settled(page: Page): Promise<void> {
  await page.evaluate(async () => {
    // This reply comes after everything that was on its way to the page.
    await (await fetch('/health')).text();
    await new Promise<void>((resolve) => requestIdleCallback(() => resolve(), { timeout: 2000 }));
  });
  await drawn(page);
}

/** Opens the palette once the page is hydrated, since an earlier key would be lost. */
export async function openPalette(page: Page): Promise<void> {
  await awake(page);
  await page.keyboard.press('Control+k');
  await page.getByRole('dialog', { name: 'Commands' }).waitFor();
}

/**
 * Hands the page's requests to an address to the test from here on. `page.route` alone resolves a moment before the page
 * knows of it, and requests that it sends until then pass by.
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
