import { describe, expect } from 'vitest';
import { chromiumPath, everythingIsAsked } from '../setup/browser.ts';
import { promptOf, signedUp } from '../setup/chat-page.ts';
import { awake, drawn, member, newcomer, openPalette, type Person, seriousFaults, settled } from '../setup/people.ts';
import { type Polylogue, test } from '../setup/polylogue.ts';

describe.skipIf(!chromiumPath && !everythingIsAsked)('presets in the browser', () => {
  let polylogue: Polylogue;
  let admin: Person;

  test.beforeAll(async ({ polylogues }) => {
    polylogue = await polylogues.open({ empty: true });
    // A server's first member is its admin.
    admin = await member(polylogue, 'Admin');
  });

  const createDocument = 'mutation ($input: PresetInput!) { createPreset(input: $input) { id } }';
  const create = async ({ graphql }: Person, input: object): Promise<string> =>
    (await graphql<{ createPreset: { id: string } }>(createDocument, { input })).createPreset.id;

  test('models and settings are saved in the picker, listed on a slash, chosen with Enter and left again', async () => {
    const { page } = await signedUp(polylogue, { models: ['Swift', 'Poet'] });
    await page.getByRole('button', { name: 'Add a model' }).click();
    await page.getByRole('button', { name: 'Save these models and settings as a preset' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('Two voices');
    await page.keyboard.press('Enter');
    await page.getByText('Saved the preset “Two voices”.').first().waitFor();
    await page.getByRole('button', { name: 'Leave the preset Two voices' }).click();
    await page.getByRole('button', { name: 'Remove Poet' }).click();

    const prompt = promptOf(page);
    await prompt.fill('/tw');
    const list = page.getByRole('listbox', { name: 'Presets and prompts' });
    await list.getByRole('option', { name: /Two voices/ }).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Remove Poet' }).waitFor();
    expect(await prompt.inputValue()).toBe('');
    await page.getByRole('button', { name: 'Remove Poet' }).click();
    await page.getByRole('button', { name: 'Update the preset' }).waitFor();
    await page.getByRole('button', { name: 'Leave the preset Two voices' }).click();
    await page.getByRole('button', { name: 'Leave the preset Two voices' }).waitFor({ state: 'detached' });
  });

  test('a slash that names no preset is text, and Esc closes the list', async () => {
    const person = await signedUp(polylogue, { models: ['Swift'] });
    await create(person, { name: 'Review', modelIds: ['mock/poet'] });
    const { page } = person;
    const prompt = promptOf(page);
    await prompt.fill('/');
    const option = page.getByRole('option', { name: /Review/ });
    await option.waitFor();
    await page.keyboard.press('Escape');
    await option.waitFor({ state: 'detached' });
    await prompt.fill('/etc/hosts is what?');
    await settled(page);
    await page.keyboard.press('Enter');
    await page.waitForURL('**/c/**');
    await page.getByText('/etc/hosts is what?').first().waitFor();
  });

  test('the variables of a prompt are asked for, and the composer has the text', async () => {
    const person = await signedUp(polylogue, { models: ['Swift'] });
    await create(person, { name: 'Translate', prompt: 'Translate {{text}} into {{language:German}}, {not this}.' });
    const { page } = person;
    await promptOf(page).fill('/trans');
    await page.getByRole('option', { name: /Translate/ }).waitFor();
    await page.keyboard.press('Enter');
    const form = page.getByRole('dialog', { name: 'Translate' });
    await form.getByRole('textbox', { name: 'text' }).fill('“{{language}}”');
    expect(await form.getByRole('textbox', { name: 'language' }).inputValue()).toBe('German');
    await drawn(page);
    expect(await seriousFaults(page)).toEqual([]);
    await form.getByRole('button', { name: 'Fill in' }).click();
    await form.waitFor({ state: 'detached' });
    expect(await promptOf(page).inputValue()).toBe('Translate “{{language}}” into German, {not this}.');
    await promptOf(page).and(page.locator(':focus')).waitFor();
  });

  test('the picker lists favourites first, on every device', async () => {
    const { page } = await signedUp(polylogue, { models: ['Swift'] });
    await page.getByRole('button', { name: 'Add a model' }).click();
    const search = page.getByRole('combobox', { name: 'Search models' });
    await search.fill('Poet');
    await page.keyboard.press('Alt+Enter');
    await page.getByRole('group', { name: 'Favourites' }).getByRole('option', { name: /Poet/ }).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await page.reload();
    await awake(page);
    await page.getByRole('button', { name: 'Add a model' }).click();
    await page.getByRole('group', { name: 'Favourites' }).getByRole('option', { name: /Poet/ }).waitFor();
  });

  test('presets are made, changed and deleted in the settings, and a deletion can be undone', async () => {
    const { page } = await newcomer(polylogue);
    await page.goto('/settings/presets');
    await awake(page);
    await page.getByRole('button', { name: 'New preset' }).click();
    const form = page.getByRole('form', { name: 'New preset' });
    await form.getByRole('textbox', { name: 'Name' }).fill('Strict');
    await form.getByRole('combobox', { name: 'Models' }).selectOption('mock/swift');
    await form.getByRole('spinbutton', { name: 'Temperature' }).fill('0.2');
    expect(await seriousFaults(page)).toEqual([]);
    await form.getByRole('button', { name: 'Save' }).click();
    const own = page.getByRole('list', { name: 'Your presets' });
    await own.getByText('Swift · temperature 0.2').waitFor();
    expect(await page.getByRole('checkbox', { name: 'Share it with all members' }).count()).toBe(0);

    await own.getByRole('button', { name: 'Change Strict' }).click();
    await page.getByRole('textbox', { name: 'System prompt' }).fill('Be strict.');
    await page.getByRole('button', { name: 'Save' }).click();
    await own.getByText('System prompt: Be strict.').waitFor();
    await own.getByRole('button', { name: 'Delete Strict' }).click();
    await own.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Undo' }).click();
    await own.getByText('Strict', { exact: true }).waitFor();
    await page.setViewportSize({ width: 390, height: 844 });
    await drawn(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  });

  test('new chats begin with the preset that the admin has chosen, and the palette begins one with another', async () => {
    const id = await create(admin, {
      name: 'House style',
      shared: true,
      modelIds: ['mock/poet'],
      systemPrompt: 'Rhyme.',
    });
    await create(admin, { name: 'Quick', shared: true, modelIds: ['mock/swift'] });
    const set = 'mutation ($id: ID) { setDefaultPreset(id: $id) { id } }';
    await admin.graphql(set, { id });
    try {
      const { page } = await newcomer(polylogue);
      await page.goto('/');
      await awake(page);
      const leave = page.getByRole('button', { name: 'Leave the preset House style' });
      await leave.waitFor();
      await page.getByRole('button', { name: 'Remove Poet' }).waitFor();
      await page.getByRole('button', { name: 'Parameters (changed)' }).waitFor();
      await leave.click();
      await page.getByRole('button', { name: 'Parameters', exact: true }).waitFor();

      await openPalette(page);
      await page.keyboard.type('Quick');
      await page.getByRole('option', { name: 'Quick' }).click();
      await page.getByRole('button', { name: 'Leave the preset Quick' }).waitFor();
      expect(await page.getByRole('button', { name: /^Remove / }).allInnerTexts()).toHaveLength(1);
    } finally {
      await admin.graphql(set, { id: null });
    }
  });
});
