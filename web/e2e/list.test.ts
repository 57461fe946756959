import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { chromiumPath, everythingIsAsked } from './setup/browser.ts';
import { promptOf, signedUp } from './setup/chat-page.ts';
import { awake, intercept, newcomer, openPalette, type Person, settled } from './setup/people.ts';
import { type Polylogue, test } from './setup/polylogue.ts';

describe.skipIf(!chromiumPath && !everythingIsAsked)('the list of conversations in the browser', () => {
  let polylogue: Polylogue;

  test.beforeAll(async ({ polylogues }) => {
    polylogue = await polylogues.open();
  });

  /** A newcomer with conversations of these titles, the last one the newest. */
  async function owner(titles: string[]): Promise<Person> {
    const person = await newcomer(polylogue);
    for (const title of titles) {
      await person.graphql('mutation ($title: String) { createConversation(input: { title: $title }) { id } }', {
        title,
      });
    }
    return person;
  }

  test('a conversation that begins in one tab is in the list of another tab at once', async () => {
    const { page, problems } = await signedUp(polylogue, { models: ['Swift'] });
    const other = await page.context().newPage();
    await other.goto('/');
    await awake(other);
    await page.bringToFront();
    await promptOf(page).fill('Name a river');
    await page.keyboard.press('Enter');
    await other
      .getByRole('navigation', { name: 'Conversations' })
      .getByRole('link', { name: 'Name a river' })
      .waitFor();
    expect(problems).toEqual([]);
  });

  test('the next page is requested once while the API is away, and again when the reader tries again', async () => {
    const { page } = await owner(Array.from({ length: 35 }, (_, index) => `Note ${index + 1}`));
    let asked = 0;
    await page.route('**/graphql', (route) => {
      if (!asksFor('Conversations', route.request().postData())) return route.continue();
      asked += 1;
      return route.abort();
    });
    await page.goto('/');
    await awake(page);
    const list = page.getByRole('navigation', { name: 'Conversations' });
    await list.getByRole('link').last().scrollIntoViewIfNeeded();
    const again = list.getByRole('button', { name: 'Try again' });
    await again.waitFor();
    await settled(page);
    expect(asked).toBe(1);
    await again.click();
    await expect.poll(() => asked).toBe(2);

    await page.unrouteAll();
    await again.click();
    await list.getByRole('link', { name: 'Note 1', exact: true }).waitFor();
    expect(await list.getByRole('link').count()).toBe(35);
    expect(await again.count()).toBe(0);
  });

  test('only the results of a search are listed under Found, and a failed search can be tried again', async () => {
    const { page } = await owner(['All about zebras', 'All about otters']);
    await page.goto('/');
    await awake(page);
    const list = page.getByRole('navigation', { name: 'Conversations' });
    const search = page.getByRole('searchbox', { name: 'Search conversations' });
    const found = list.getByRole('region', { name: 'Found' });

    await intercept(page, '**/graphql', (route) => route.abort());
    await search.fill('zebras');
    await list.getByText('Could not search').waitFor();
    expect(await found.count()).toBe(0);

    await page.unrouteAll();
    const { release } = await held(page, 'Conversations');
    await list.getByRole('button', { name: 'Try again' }).click();
    await list.getByText('Could not search').waitFor({ state: 'detached' });
    expect(await found.count()).toBe(0);
    await release();
    await found.getByRole('link', { name: 'All about zebras' }).waitFor();
    expect(await found.getByRole('link').allInnerTexts()).toEqual(['All about zebras']);
  });

  test('a conversation outside the list can be renamed, and keeps its title if that fails', async () => {
    const { page } = await owner(['All about zebras', 'All about otters']);
    await page.goto('/');
    await awake(page);
    const list = page.getByRole('navigation', { name: 'Conversations' });
    await list.getByRole('link', { name: 'All about otters' }).click();
    await page.waitForURL('**/c/**');
    await page.getByRole('searchbox', { name: 'Search conversations' }).fill('zebras');
    await list.getByRole('region', { name: 'Found' }).waitFor();
    const rename = async (title: string) => {
      await page.getByRole('button', { name: 'Rename conversation' }).click();
      await page.getByRole('textbox', { name: 'Title' }).fill(title);
      await page.keyboard.press('Enter');
    };
    await rename('All about seals');
    await page.getByRole('heading', { name: 'All about seals' }).waitFor();
    expect(await page.title()).toBe('All about seals · Polylogue');

    await intercept(page, '**/graphql', (route) => route.abort());
    await rename('All about nothing');
    await page.getByText('The server could not be reached. Try again.').first().waitFor();
    await page.getByRole('heading', { name: 'All about seals' }).waitFor();
    await page.unrouteAll();
    await page.reload();
    await page.getByRole('heading', { name: 'All about seals' }).waitFor();
  });

  test('a conversation opened without a network shows that the server could not be reached', async () => {
    const { page } = await owner(['All about zebras', 'All about seals']);
    await page.goto('/');
    await awake(page);
    // The first conversation loads the code of the page.
    await page.getByRole('link', { name: 'All about seals' }).click();
    await page.getByRole('heading', { name: 'All about seals' }).waitFor();
    await page.context().setOffline(true);
    await page.getByRole('link', { name: 'All about zebras' }).click();
    await page.getByRole('heading', { name: 'The server could not be reached' }).waitFor();
    expect(await page.title()).toBe('Polylogue');
    await page.getByRole('button', { name: 'Try again' }).waitFor();
    // The page asks again by itself.
    await page.context().setOffline(false);
    await page.getByRole('heading', { name: 'All about zebras' }).waitFor();
  });

  test('the frame stays when a page is opened for the first time while the server is away, and the page comes by itself', async () => {
    const { page } = await owner(['All about zebras']);
    const modules: string[] = [];
    page.on('requestfinished', (request) => modules.push(request.url()));
    await page.goto('/');
    await awake(page);
    await expect.poll(() => modules.some((url) => url.includes('/_chat.usage-')), { timeout: 30_000 }).toBe(true);
    await page.context().setOffline(true);
    await page.getByRole('button', { name: /· Free/ }).click();
    await page.getByRole('menuitem', { name: 'Usage' }).click();
    await page.getByRole('heading', { name: 'The server could not be reached' }).waitFor();
    await page.getByRole('link', { name: 'All about zebras' }).waitFor();
    await page.context().setOffline(false);
    await page.getByRole('heading', { name: 'Ledger' }).waitFor();
  });

  test('the archive is not called empty before it is loaded', async () => {
    const { page, problems } = await owner(['All about zebras']);
    await page.goto('/');
    await awake(page);
    const list = page.getByRole('navigation', { name: 'Conversations' });
    await intercept(page, '**/graphql', (route) => route.abort());
    await list.getByRole('button', { name: 'Archived' }).click();
    await list.getByText('Could not open the archive').waitFor();
    expect(await list.getByText('Nothing is archived.').count()).toBe(0);
    await page.unrouteAll();
    await list.getByRole('button', { name: 'Try again' }).click();
    await list.getByText('Nothing is archived.').waitFor();
    // The browser reports the aborted request as an error, and reports nothing else.
    expect(problems.filter((problem) => !problem.includes('ERR_FAILED'))).toEqual([]);
  });

  test('Enter in the palette opens no result of an earlier search', async () => {
    const { page, problems } = await owner(['All about zebras', 'All about otters']);
    await page.goto('/');
    await awake(page);
    await openPalette(page);
    const palette = page.getByRole('dialog', { name: 'Commands' });
    await palette.getByRole('option', { name: 'All about otters' }).waitFor();
    const { arrived, release } = await held(page, 'PaletteSearch');
    await page.keyboard.type('no such thing');
    await page.keyboard.press('Enter');
    await arrived();
    await settled(page);
    expect(await palette.getByRole('option').count()).toBe(0);
    expect(new URL(page.url()).pathname).toBe('/');
    await release();
    await palette.getByText('Nothing found.').waitFor();

    // A loaded conversation with a matching title needs no answer.
    const later = await held(page, 'PaletteSearch');
    await palette.getByRole('combobox').fill('');
    await palette.getByRole('combobox').fill('no');
    await later.release();
    await palette.getByRole('combobox').fill('zebra');
    await palette.getByRole('option', { name: 'All about zebras' }).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/c/**');
    await page.getByRole('heading', { name: 'All about zebras' }).waitFor();
    expect(problems).toEqual([]);
  });

  test('undoing a deletion leads back to the conversation, and the keyboard focus is never lost', async () => {
    const { page, problems } = await owner(['First', 'Second', 'Third']);
    await page.goto('/');
    await awake(page);
    const list = page.getByRole('navigation', { name: 'Conversations' });
    await list.getByRole('link', { name: 'Second' }).click();
    await page.waitForURL('**/c/**');
    const address = page.url();

    const choose = async (title: string, name: string) => {
      await list.getByRole('button', { name: `More for ${title}` }).focus();
      await page.keyboard.press('Enter');
      await page.getByRole('menuitem', { name }).focus();
      await page.keyboard.press('Enter');
    };
    await choose('Second', 'Rename');
    await page.getByRole('textbox', { name: 'Title' }).fill('Another');
    await page.keyboard.press('Enter');
    await expect.poll(() => focused(page)).toBe('More for Another');
    await choose('Another', 'Pin');
    await expect.poll(() => focused(page)).toBe('More for Another');
    await choose('Another', 'Delete');
    await page.waitForURL((url) => url.pathname === '/');
    await expect.poll(() => focused(page)).toBe('Third');

    await page.getByRole('button', { name: 'Undo' }).click();
    await page.waitForURL(address);
    await page.getByRole('heading', { name: 'Another' }).waitFor();
    expect(problems).toEqual([]);
  });

  test('one key press skips the list on pages with one main part, and the arena begins in the prompt', async () => {
    const { page, problems } = await owner(['All about zebras']);
    for (const path of ['/usage', '/settings', '/']) {
      await page.goto(path);
      await awake(page);
      expect(await page.getByRole('main').count()).toBe(1);
      // The link is the first element that the keyboard reaches.
      await page.getByRole('link', { name: 'Polylogue' }).focus();
      await page.keyboard.press('Shift+Tab');
      expect(await focused(page)).toMatch(/^Skip to the /);
      await page.keyboard.press('Enter');
      const inMain = () => page.evaluate(() => document.querySelector('main')?.contains(document.activeElement));
      await expect.poll(inMain).toBe(true);
    }
    await page.keyboard.press('Control+a');
    await page.keyboard.type('By the link');
    const prompt = page.getByRole('textbox', { name: 'Prompt', exact: true });
    await expect.poll(() => prompt.inputValue()).toBe('By the link');
    await page.reload();
    await expect.poll(() => focused(page)).toBe('Prompt');
    await page.keyboard.press('Control+a');
    await page.keyboard.type('Straight to the point');
    await expect.poll(() => prompt.inputValue()).toBe('Straight to the point');
    expect(problems).toEqual([]);
  });
});

function asksFor(operation: string, body: string | null): boolean {
  return body?.includes(`query ${operation}(`) ?? false;
}

/** Holds back the answers to this query until they are released. Later ones are not held back. */
async function held(page: Page, operation: string) {
  let asked = 0;
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  await intercept(page, '**/graphql', async (route) => {
    if (asksFor(operation, route.request().postData())) {
      asked += 1;
      await released;
    }
    await route.continue();
  });
  return {
    /** Resolves when the query has been sent. */
    arrived: () => expect.poll(() => asked, { interval: 20 }).toBeGreaterThan(0),
    async release() {
      release();
      await page.unrouteAll({ behavior: 'wait' });
    },
  };
}

/** The name of the focused element. */
function focused(page: Page): Promise<string | null> {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (!element || element === document.body) return null;
    return element.getAttribute('aria-label') ?? element.textContent;
  });
}
