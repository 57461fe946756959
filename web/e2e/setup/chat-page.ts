import type { BrowserContextOptions, Locator, Page, Route } from 'playwright-core';
import { expect } from 'vitest';
import { type Asked, awake, intercept, newcomer, type Person } from './people.ts';
import type { Polylogue } from './polylogue.ts';

/** A newcomer's page with a new chat that asks these models, or the default ones. */
export async function signedUp(
  polylogue: Polylogue,
  { models = [], ...options }: BrowserContextOptions & { models?: string[] } = {},
): Promise<Person> {
  const person = await newcomer(polylogue, options);
  await person.page.goto(
    `/${models.map((name, index) => `${index ? '&' : '?'}model=mock/${name.toLowerCase()}`).join('')}`,
  );
  await awake(person.page);
  return person;
}

/** A newcomer's page with a conversation: these prompts one after the other, each answered by these models. */
export async function withConversation(
  polylogue: Polylogue,
  { prompts, models, ...options }: BrowserContextOptions & { prompts: string[]; models: string[] },
): Promise<Person & Asked> {
  const person = await newcomer(polylogue, options);
  const modelIds = models.map((name) => `mock/${name.toLowerCase()}`);
  let asked: Asked | undefined;
  for (const prompt of prompts) {
    asked = await person.answered(prompt, modelIds, asked && { parentTurnId: asked.turnId });
  }
  if (!asked) throw new Error('A conversation has a prompt.');
  await person.page.goto(asked.path);
  await awake(person.page);
  return { ...person, ...asked };
}

/** Signs up by the page itself. */
export async function signUp(page: Page, email: string): Promise<void> {
  await page.goto('/sign-up');
  await page.getByLabel('Name').fill('Ada');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill('correct horse');
  await page.getByRole('button', { name: 'Create account' }).click();
  await promptOf(page).waitFor();
}

/** Signs in on the page that asks for it. An empty tab goes to the sign-in page first. */
export async function signIn(page: Page, email: string, password: string): Promise<void> {
  if (page.url() === 'about:blank') await page.goto('/sign-in');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

export function promptOf(page: Page): Locator {
  return page.getByRole('textbox', { name: 'Prompt', exact: true });
}

export function lanes(page: Page, status: string): Locator {
  return page.locator(`article[data-status=${status}]`);
}

export async function chooseModels(page: Page, names: string[]): Promise<void> {
  const remove = page.getByRole('button', { name: /^Remove / });
  while ((await remove.count()) > 0) await remove.first().click();
  await page.getByRole('button', { name: 'Add a model' }).click();
  for (const name of names) {
    await page.getByRole('combobox', { name: 'Search models' }).fill(name);
    await page.keyboard.press('Enter');
  }
  await page.keyboard.press('Escape');
  await page.getByRole('combobox').waitFor({ state: 'detached' });
  // The picker gives the focus back a moment later, even if it has gone elsewhere by then.
  await page.getByRole('button', { name: 'Add a model' }).and(page.locator(':focus')).waitFor();
}

export async function send(page: Page, prompt: string): Promise<void> {
  await promptOf(page).fill(prompt);
  await page.getByRole('button', { name: 'Send' }).click();
}

/** The text of each answer, once all of them are formatted. */
export async function answersOf(page: Page): Promise<string[]> {
  await page.waitForFunction(() => !document.querySelector('[data-unformatted]'));
  return page.locator('.answer').allTextContents();
}

export async function askAgain(page: Page, item: string | RegExp): Promise<void> {
  await page.getByRole('button', { name: 'Ask again' }).click();
  await page.getByRole('menuitem', { name: item }).click();
}

export async function conversationsOf(page: Page): Promise<unknown[]> {
  const response = await page.request.post('/graphql', {
    data: { query: '{ conversations(first: 9) { edges { node { systemPrompt } } } }' },
    headers: { origin: new URL(page.url()).origin },
  });
  const { data } = await response.json();
  return data.conversations.edges.map(({ node }: { node: unknown }) => node);
}

/** Simulates a slow or broken network for one mutation, which waits until the test lets it go, loses it or answers it. */
export async function holdBack(page: Page, mutation: string) {
  const sent: Route[] = [];
  let waiting: Route[] = [];
  let onward = false;
  await intercept(page, '**/graphql', async (route) => {
    if (!route.request().postData()?.includes(`mutation ${mutation}(`)) return route.fallback();
    sent.push(route);
    if (onward) return route.fallback();
    waiting.push(route);
  });
  const arrived = () => expect.poll(() => waiting.length, { timeout: 10_000, interval: 20 }).toBeGreaterThan(0);
  const settle = async (end: (route: Route) => Promise<void>, laterOnesGoOn: boolean) => {
    // The first one may still be on its way to here, and is none of the later ones.
    if (sent.length === 0) await arrived();
    onward = laterOnesGoOn;
    const settled = waiting;
    waiting = [];
    for (const route of settled) await end(route);
  };
  return {
    /** How many mutations were sent. */
    count: () => sent.length,
    inputs: () => sent.map((route) => route.request().postDataJSON().variables.input),
    arrived,
    /** Lets the mutation go, and later ones too. */
    letGo: () => settle((route) => route.continue(), true),
    /** Loses the mutation on its way, and lets later ones go. */
    abort: () => settle((route) => route.abort(), true),
    /** Lets the mutation arrive, loses the reply, and lets later ones go. */
    swallow: () =>
      settle(async (route) => {
        await route.fetch();
        await route.abort();
      }, true),
    /** Answers the mutation in the API's place. */
    answer: (data: object) => settle((route) => route.fulfill({ json: { data } }), false),
  };
}
