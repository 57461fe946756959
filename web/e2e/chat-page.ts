import type { BrowserContextOptions, Locator, Page, Route } from 'playwright-core';
import { expect } from 'vitest';
import { intercept, openPalette } from './people.ts';
import type { Polylogue } from './polylogue.ts';

let people = 0;

/** A new person's page, on the empty arena. */
export async function signedUp(polylogue: Polylogue, options?: BrowserContextOptions) {
  const { page, problems } = await polylogue.open(options);
  const email = await signUp(page);
  return { page, problems, email };
}

/** @returns the e-mail address of who that is */
export async function signUp(page: Page): Promise<string> {
  const email = `person-${++people}@example.org`;
  await page.goto('/sign-up');
  await page.getByLabel('Name').fill('Ada');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill('correct horse');
  await page.getByRole('button', { name: 'Create account' }).click();
  await promptOf(page).waitFor();
  return email;
}

/** From wherever one is asked to sign in. */
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
  // The focus comes back a moment later, from wherever it has gone by then.
  await page.getByRole('button', { name: 'Add a model' }).and(page.locator(':focus')).waitFor();
}

export async function send(page: Page, prompt: string): Promise<void> {
  await promptOf(page).fill(prompt);
  await page.getByRole('button', { name: 'Send' }).click();
}

/** What is to be read in each lane, once its page is whole. */
export async function answersOf(page: Page): Promise<string[]> {
  await page.waitForFunction(() => !document.querySelector('[data-unformatted]'));
  return page.locator('.answer').allTextContents();
}

/** Once its script runs: what is typed before is taken over, what is pressed is not heard. */
export async function awake(page: Page): Promise<void> {
  await openPalette(page);
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
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

/** A slow or broken network for one mutation: it waits until it is let go, lost, or answered by the test. */
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
    // It may still be on its way to here, and is none of the later ones.
    if (sent.length === 0) await arrived();
    onward = laterOnesGoOn;
    const settled = waiting;
    waiting = [];
    for (const route of settled) await end(route);
  };
  return {
    /** How many were sent. */
    count: () => sent.length,
    inputs: () => sent.map((route) => route.request().postDataJSON().variables.input),
    arrived,
    /** Also those to come. */
    letGo: () => settle((route) => route.continue(), true),
    /** Lost on the way; those to come are let go. */
    abort: () => settle((route) => route.abort(), true),
    /** It arrives, and the answer to it is lost; those to come are let go. */
    swallow: () =>
      settle(async (route) => {
        await route.fetch();
        await route.abort();
      }, true),
    /** What the API would say to it. */
    answer: (data: object) => settle((route) => route.fulfill({ json: { data } }), false),
  };
}
