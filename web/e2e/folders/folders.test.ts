import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { chromiumPath, everythingIsAsked } from '../setup/browser.ts';
import { promptOf, send } from '../setup/chat-page.ts';
import { awake, drawn, intercept, newcomer, openPalette, type Person, seriousFaults } from '../setup/people.ts';
import { type Polylogue, test } from '../setup/polylogue.ts';

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

describe.skipIf(!chromiumPath && !everythingIsAsked)('folders in the browser', () => {
  let polylogue: Polylogue;

  test.beforeAll(async ({ polylogues }) => {
    polylogue = await polylogues.open();
  });

  interface Owner {
    titles?: string[];
    /** The titles of what is in each folder, by its name. */
    folders?: Record<string, string[]>;
  }

  /** A newcomer's page with these conversations outside folders, the last one the newest, and with these folders. */
  async function owner({ titles = [], folders = {} }: Owner, options = {}): Promise<Person> {
    const person = await newcomer(polylogue, options);
    const create = (title: string, folderId: string | null = null) =>
      person.graphql('mutation ($input: CreateConversationInput!) { createConversation(input: $input) { id } }', {
        input: { title, folderId },
      });
    for (const title of titles) await create(title);
    for (const [name, inside] of Object.entries(folders)) {
      const id = await makeFolder(person, { name });
      for (const title of inside) await create(title, id);
    }
    await person.page.goto('/');
    await awake(person.page);
    return person;
  }

  async function makeFolder({ graphql }: Person, input: object): Promise<string> {
    const document = 'mutation ($input: FolderInput!) { createFolder(input: $input) { id } }';
    return (await graphql<{ createFolder: { id: string } }>(document, { input })).createFolder.id;
  }

  const listOf = (page: Page) => page.getByRole('navigation', { name: 'Conversations' });
  const foldersOf = (page: Page) => listOf(page).getByRole('region', { name: 'Folders' });
  const folderOf = (page: Page, words: RegExp) => foldersOf(page).getByRole('button', { name: words, expanded: true });
  const closedOf = (page: Page, words: RegExp) => foldersOf(page).getByRole('button', { name: words, expanded: false });
  const daysOf = (page: Page) => listOf(page).getByRole('region', { name: 'Today' });

  async function ask(page: Page, title: string, item: string): Promise<void> {
    await listOf(page).getByRole('link', { name: title }).first().hover();
    await listOf(page)
      .getByRole('button', { name: `More for ${title}` })
      .first()
      .click();
    await page.getByRole('menuitem', { name: item }).click();
  }

  test('a folder is made, a conversation is moved there by keys and back, and the folder stays open', async () => {
    const { page } = await owner({ titles: ['Otters', 'Rivers'] });
    await foldersOf(page).getByRole('button', { name: 'New folder' }).click();
    const form = page.getByRole('dialog', { name: 'New folder' });
    await form.getByRole('textbox', { name: 'Name' }).fill('Nature');
    expect(await seriousFaults(page)).toEqual([]);
    await page.keyboard.press('Enter');
    await folderOf(page, /^Nature 0 /).waitFor();
    await foldersOf(page).getByRole('link', { name: 'New chat here' }).waitFor();

    await listOf(page).getByRole('button', { name: 'More for Otters' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: 'Move to folder…' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('combobox', { name: 'Find or name a folder' }).fill('nat');
    expect(await seriousFaults(page)).toEqual([]);
    await page.keyboard.press('Enter');
    await folderOf(page, /^Nature 1 /).waitFor();
    await foldersOf(page).getByRole('link', { name: 'Otters' }).waitFor();
    expect(await daysOf(page).getByRole('link').allInnerTexts()).toEqual(['Rivers']);
    await foldersOf(page).getByRole('button', { name: 'More for Otters' }).and(page.locator(':focus')).waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await daysOf(page).getByRole('link', { name: 'Otters' }).waitFor();
    await ask(page, 'Rivers', 'Move to folder…');
    await page.getByRole('option', { name: 'New folder…' }).click();
    await page.keyboard.press('Escape');
    await ask(page, 'Rivers', 'Move to folder…');
    await page.getByRole('option', { name: 'Nature' }).click();
    await folderOf(page, /^Nature 1 /).waitFor();

    // The server draws the folder open, so that nothing moves when the script runs.
    expect(await (await page.request.get('/')).text()).toContain('Rivers</span>');
    await page.reload();
    await awake(page);
    await foldersOf(page).getByRole('link', { name: 'Rivers' }).waitFor();
    await drawn(page);
    expect(await seriousFaults(page)).toEqual([]);
    await folderOf(page, /^Nature/).click();
    await foldersOf(page).getByRole('link', { name: 'Rivers' }).waitFor({ state: 'detached' });
    await page.reload();
    await awake(page);
    await closedOf(page, /^Nature 1 /).waitFor();
    expect(await foldersOf(page).getByRole('link').count()).toBe(0);
    await closedOf(page, /^Nature/).click();
    await foldersOf(page).getByRole('link', { name: 'Rivers' }).waitFor();
  });

  test('a conversation is dragged onto a folder and out of it, and goes back where the server refuses', async () => {
    const { page } = await owner({ titles: ['Otters', 'Rivers'], folders: { Nature: [], Work: [] } });
    const [nature, work] = [closedOf(page, /^Nature/), closedOf(page, /^Work/)];
    await daysOf(page).getByRole('link', { name: 'Otters' }).dragTo(nature);
    await closedOf(page, /^Nature 1 /).waitFor();
    await nature.click();
    const inside = foldersOf(page).getByRole('link', { name: 'Otters' });
    await inside.waitFor();
    // The place for what leaves a folder is there while that is dragged.
    await inside.hover();
    await page.mouse.down();
    await work.hover();
    const out = page.getByText('Out of the folder');
    await out.waitFor();
    await out.hover();
    await out.hover();
    await page.mouse.up();
    await daysOf(page).getByRole('link', { name: 'Otters' }).waitFor();
    await out.waitFor({ state: 'detached' });

    await intercept(page, '**/graphql', (route) =>
      route.request().postData()?.includes('mutation MoveConversations') ? route.abort() : route.continue(),
    );
    await daysOf(page).getByRole('link', { name: 'Rivers' }).dragTo(work);
    await page.getByText('The server could not be reached. Try again.').first().waitFor();
    await daysOf(page).getByRole('link', { name: 'Rivers' }).waitFor();
    await closedOf(page, /^Work 0 /).waitFor();
  });

  test('a new chat in a folder begins with its preset, is listed there, and can be moved from its page', async () => {
    const person = await owner({ titles: ['Otters'] });
    const { page, graphql } = person;
    const preset = 'mutation ($input: PresetInput!) { createPreset(input: $input) { id } }';
    await graphql(preset, { input: { name: 'Two voices', modelIds: ['mock/swift', 'mock/poet'], prompt: null } });
    await makeFolder(person, { name: 'Verses' });
    await page.reload();
    await awake(page);
    const more = foldersOf(page).getByRole('button', { name: 'More for the folder Verses' });
    await closedOf(page, /^Verses/).hover();
    await more.click();
    await page.getByRole('menuitem', { name: 'Name and preset…' }).click();
    const form = page.getByRole('dialog', { name: 'Name and preset' });
    await form.getByRole('option', { name: 'Two voices' }).waitFor({ state: 'attached' });
    await form.getByRole('combobox').selectOption('Two voices');
    await form.getByRole('textbox', { name: 'Name' }).fill('Poems');
    await form.getByRole('button', { name: 'Save' }).click();
    await form.waitFor({ state: 'detached' });

    await openPalette(page);
    await page.getByRole('combobox').fill('chat in poems');
    await page.getByRole('option', { name: 'New chat in Poems' }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByText('In the folder Poems').waitFor();
    await page.getByRole('button', { name: 'Leave the preset Two voices' }).waitFor();
    await promptOf(page).waitFor();
    await send(page, 'Roses');
    await page.waitForURL('**/c/**');
    await closedOf(page, /^Poems 1 /).click();
    await foldersOf(page).getByRole('link', { name: 'Roses' }).waitFor();
    expect(await page.locator('main article').count()).toBe(2);

    await page.getByRole('button', { name: 'In the folder Poems. Move it' }).click();
    await page.getByRole('option', { name: 'No folder' }).click();
    await page.getByRole('button', { name: 'Move to a folder' }).waitFor();
    await daysOf(page).getByRole('link', { name: 'Roses' }).waitFor();
    await folderOf(page, /^Poems 0 /).waitFor();
    await openPalette(page);
    await page.getByRole('combobox').fill('move this');
    await page.keyboard.press('Enter');
    await page.getByRole('combobox', { name: 'Find or name a folder' }).fill('Plants');
    await page.getByRole('option', { name: 'New folder “Plants”' }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'In the folder Plants. Move it' }).waitFor();
  });

  test('a deleted folder leaves its conversations, and what happens in one tab is seen in another', async () => {
    const person = await owner({ titles: ['Otters'], folders: { Nature: ['Rivers'] } });
    const { page } = person;
    const other = await page.context().newPage();
    await other.goto('/');
    await awake(other);
    await closedOf(other, /^Nature 1 /).waitFor();
    await closedOf(page, /^Nature/).hover();
    await foldersOf(page).getByRole('button', { name: 'More for the folder Nature' }).click();
    await page.getByRole('menuitem', { name: 'Delete the folder…' }).click();
    const question = page.getByRole('dialog', { name: 'Delete the folder “Nature”?' });
    await question.getByText('Its conversation stays').waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await question.getByRole('button', { name: 'Delete the folder' }).click();
    await daysOf(page).getByRole('link', { name: 'Rivers' }).waitFor();
    expect(await closedOf(page, /^Nature/).count()).toBe(0);
    await daysOf(other).getByRole('link', { name: 'Rivers' }).waitFor();
    await closedOf(other, /^Nature/).waitFor({ state: 'detached' });
  });

  test('many folders and a full one stay handy, and a search finds what is in them', async () => {
    const long = 'A folder of a name that is much longer than the list is wide';
    const folders = { [long]: Array.from({ length: 35 }, (_, at) => `Note ${at + 1}`) };
    const { page } = await owner({
      titles: ['Otters'],
      folders: { ...folders, ...Object.fromEntries(Array.from({ length: 15 }, (_, at) => [`Box ${at + 10}`, []])) },
    });
    await closedOf(page, /^A folder of a name/).click();
    await foldersOf(page).getByRole('link', { name: 'Note 35' }).waitFor();
    expect(await foldersOf(page).getByRole('link').count()).toBe(30);
    await foldersOf(page).getByRole('button', { name: 'Show more' }).click();
    await foldersOf(page).getByRole('link', { name: 'Note 1', exact: true }).waitFor();
    expect(await foldersOf(page).getByRole('link').count()).toBe(35);
    await foldersOf(page).getByRole('button', { name: 'Show all 16 folders' }).click();
    await closedOf(page, /^Box 24/).waitFor();
    await page.getByRole('searchbox', { name: 'Search conversations' }).fill('note 7');
    await listOf(page).getByRole('region', { name: 'Found' }).getByRole('link', { name: 'Note 7' }).waitFor();
    expect(await foldersOf(page).count()).toBe(0);
  });

  test('a phone has the folders in its sheet, with targets as large as a thumb', async () => {
    const { page } = await owner({ titles: ['Otters'], folders: { Nature: ['Rivers'] } }, phone);
    await page.getByRole('button', { name: 'Conversations' }).tap();
    const sheet = page.getByRole('dialog', { name: 'Conversations' });
    await closedOf(page, /^Nature/).tap();
    await foldersOf(page).getByRole('link', { name: 'Rivers' }).waitFor();
    const small = await foldersOf(page).evaluate((section) =>
      [...section.querySelectorAll('button, li a')]
        .map((target) => ({ height: target.getBoundingClientRect().height, words: target.textContent }))
        .filter(({ height }) => height < 44),
    );
    expect(small).toEqual([]);
    await sheet.getByRole('button', { name: 'More for Otters' }).tap();
    await page.getByRole('menuitem', { name: 'Move to folder…' }).tap();
    await page.getByRole('option', { name: 'Nature' }).tap();
    await folderOf(page, /^Nature 2 /).waitFor();
    await drawn(page);
    expect(await seriousFaults(page)).toEqual([]);
  });
});
