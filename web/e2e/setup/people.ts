import axe from 'axe-core';
import type { APIResponse, BrowserContextOptions, Page, Route } from 'playwright-core';
import type { Polylogue } from './polylogue.ts';

/** A signed-in person with their own browser window. */
export interface Person {
  page: Page;
  /** The problems that the page reports. */
  problems: string[];
  email: string;
  /** Calls the API as this person. */
  graphql<Data>(query: string, variables?: object): Promise<Data>;
  /** Sends a prompt; resolves when every answer has ended. */
  answered(prompt: string, modelIds: string[], more?: AskOptions): Promise<Asked>;
  /** Sends a prompt without waiting for the answers. */
  ask(prompt: string, modelIds: string[], more?: AskOptions): Promise<Asked>;
}

export interface AskOptions {
  parentTurnId?: string;
  parameters?: { maxOutputTokens?: number };
  blind?: boolean;
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

/**
 * Opens a page as the member of that name, and makes the account if there is none. A server's first member is its
 * admin.
 */
export async function member(polylogue: Polylogue, name: string, options?: BrowserContextOptions): Promise<Person> {
  const { sessions, url } = polylogue;
  const opened = await polylogue.open(options);
  const session = sessions.get(name);
  if (session) await opened.page.context().addCookies(session);
  else await createAccount(opened.page, url, { name, email: emailOf(polylogue, name) });
  if (!session) sessions.set(name, await opened.page.context().cookies());
  return personAt(opened, url, emailOf(polylogue, name));
}

/** Opens a page as a new member with a unique name. */
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
    // The subscription ends with the last of the answers.
    const query = 'subscription ($turnId: ID!) { streamResponse(turnId: $turnId) { __typename } }';
    const stream = { query, variables: { turnId: asked.turnId } };
    const followed = await post(page, origin, '/graphql', stream, { accept: 'text/event-stream' });
    if (!followed.ok()) throw new Error(`The answers could not be followed: ${await followed.text()}`);
    return asked;
  }

  return { page, problems, email, graphql, ask, answered };
}

/** The serious or critical findings of axe, in light mode, and those about colours in dark mode. */
export async function seriousFaults(page: Page): Promise<string[]> {
  // Loading axe costs as much as running it.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source);
  await inTheme(page, 'light');
  const light = await violations(page);
  await inTheme(page, 'dark');
  const dark = await violations(page, ['color-contrast']);
  await page.emulateMedia({ colorScheme: 'light' });
  return [...light, ...dark]
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${page.url()}: ${id}: ${nodes[0]?.html}`);
}

/** Shows the page in this theme, and waits until it is drawn and no colour is on its way to another one. */
export async function inTheme(page: Page, colorScheme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme });
  await drawn(page);
  await page.waitForFunction(() =>
    document.getAnimations().every(({ effect, playState, timeline }) => {
      const isEndless =
        timeline !== document.timeline || effect?.getComputedTiming().endTime === Number.POSITIVE_INFINITY;
      return playState !== 'running' || isEndless;
    }),
  );
}

/** The violations of the given rules, or of all rules. */
function violations(page: Page, runOnly?: string[]): Promise<axe.Result[]> {
  return page.evaluate(async (runOnly) => {
    const { run } = Reflect.get(window, 'axe') as typeof axe;
    const results = await run(document, { resultTypes: ['violations'], ...(runOnly && { runOnly }) });
    return results.violations;
  }, runOnly);
}

/** Waits until the page's script runs, so that clicks and keys have an effect. */
export async function awake(page: Page): Promise<void> {
  await page.waitForFunction(() => performance.getEntriesByName('alive').length > 0);
}

/** Waits until the page shows everything that it has rendered. */
export async function drawn(page: Page): Promise<void> {
  await page.evaluate(async () => {
    for (let frames = 0; frames < 3; frames++) await new Promise((resolve) => requestAnimationFrame(resolve));
  });
}

/**
 * Waits until the page has handled and drawn everything that had reached it; used to test that nothing happens.
 * Requests that follow from it have been sent by then, but need not be answered.
 */
export async function settled(page: Page): Promise<void> {
  await page.evaluate(async () => {
    // This answer arrives after everything that was already on its way to the page.
    await (await fetch('/health')).text();
    await new Promise<void>((resolve) => requestIdleCallback(() => resolve(), { timeout: 2000 }));
  });
  await drawn(page);
}

/** Repeats the key until the palette opens, as keys have no effect before the page's script runs. */
export async function openPalette(page: Page): Promise<void> {
  await awake(page);
  await page.keyboard.press('Control+k');
  await page.getByRole('dialog', { name: 'Commands' }).waitFor();
}

/**
 * Passes the page's requests to the pattern through the test from here on. `page.route` alone resolves a moment before
 * the page knows of it, and requests of that moment would not be intercepted.
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
