import type { Locator, Page, Response } from 'playwright-core';
import { describe, expect } from 'vitest';
import { chromiumPath, everythingIsAsked } from '../setup/browser.ts';
import { lanes, promptOf } from '../setup/chat-page.ts';
import { awake, member, newcomer, seriousFaults } from '../setup/people.ts';
import { type Polylogue, test } from '../setup/polylogue.ts';

describe.skipIf(!chromiumPath && !everythingIsAsked)('a blind turn in the browser', () => {
  let polylogue: Polylogue;
  let slow: Polylogue;
  test.beforeAll(async ({ polylogues }) => {
    // Members on the free plan do not get the model that fails, nor the one that is slow.
    const models = ['mock/faulty', 'mock/oracle'].map((id) => ({ id, minimumTier: 'ENTERPRISE' }));
    polylogue = await polylogues.open({ catalogue: { models } });
    slow = await polylogues.open({ catalogue: { models }, settings: { MOCK_PACE: '2' } });
  });

  test('from Blind to a revealed verdict by keyboard alone, without a model’s name on the way', async () => {
    const { page, problems } = await newcomer(polylogue);
    await page.goto('/');
    await awake(page);
    const said = dataOf(page);
    await promptOf(page).and(page.locator(':focus')).waitFor();
    await page.keyboard.type('Why are there tides?');
    await press(page, 'Tab', page.getByRole('switch', { name: 'Blind' }));
    await page.keyboard.press('Space');
    await press(page, 'Tab', page.getByRole('button', { name: 'Have two drawn' }));
    await page.keyboard.press('Enter');
    await page.getByText('2 models, drawn').waitFor();
    await press(page, 'Shift+Tab', promptOf(page));
    await page.keyboard.press('Enter');
    await row(page).getByRole('radiogroup', { name: 'Which answer is best?' }).waitFor();
    expect(await lanes(page, 'COMPLETED').locator('> header h3').allTextContents()).toEqual(['Answer A', 'Answer B']);
    await expectSecret(page, await said());
    expect(await seriousFaults(page)).toEqual([]);

    // A letter in the prompt stays a letter: only Escape from an empty one leads to the judging row.
    await promptOf(page).fill('1');
    await page.keyboard.press('t');
    expect(await promptOf(page).inputValue()).toBe('1t');
    expect(await row(page).getByRole('radio', { checked: true }).count()).toBe(0);
    await promptOf(page).fill('');
    await page.keyboard.press('Escape');
    await page.keyboard.press('t');
    await row(page).getByRole('radio', { name: 'Tie', checked: true }).waitFor();
    await page.keyboard.press('2');
    await row(page).getByRole('radio', { name: 'B is best', checked: true }).waitFor();
    await page.keyboard.press('Enter');
    await row(page)
      .getByText(/^You preferred B: \w+\.$/)
      .waitFor();
    await page
      .getByRole('log')
      .getByText(/^You preferred B: .+\. A is .+, B is .+\.$/)
      .waitFor();
    await expect
      .poll(() => page.locator('article > header h3').allTextContents())
      .toEqual([expect.stringMatching(/^A: /), expect.stringMatching(/^B: /)]);
    await expect
      .poll(() => page.locator('article').first().locator('dd').allTextContents())
      .toContainEqual(expect.stringMatching(/ cr$/));
    // The focus stays where the form was.
    expect(await row(page).evaluate((element) => element.contains(document.activeElement))).toBe(true);
    expect(await seriousFaults(page)).toEqual([]);

    await press(page, 'Tab', row(page).getByRole('button', { name: 'Change the verdict' }));
    await page.keyboard.press('Enter');
    await page.keyboard.press('1');
    await page.keyboard.press('Enter');
    await row(page)
      .getByText(/^You preferred A: /)
      .waitFor();
    await row(page).getByText('not blind', { exact: true }).waitFor();
    expect(problems).toEqual([]);
  });

  test('a phone judges by touch, on a row that stays in sight, after a reload in the middle of the answers', async () => {
    const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
    const { page, problems } = await newcomer(polylogue, phone);
    await page.goto('/');
    await awake(page);
    await page.getByRole('button', { name: /choose what is asked/ }).tap();
    await page.getByRole('switch', { name: 'Blind' }).tap();
    await page.getByRole('button', { name: 'Have two drawn' }).tap();
    await page.getByRole('button', { name: 'Done' }).tap();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await promptOf(page).fill('Explain the tides at length, with a table. Use a thousand words.');
    await page.getByRole('button', { name: 'Send' }).tap();
    await page.waitForURL(/\/c\//);
    await page.reload();
    await awake(page);
    const radios = row(page).getByRole('radio');
    await radios.first().waitFor({ timeout: 40_000 });
    await expectSecret(page, '');
    const box = await row(page).boundingBox();
    const arena = await page.locator('.arena').boundingBox();
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual((arena?.y ?? 0) + (arena?.height ?? 0) + 1);
    for (const target of await row(page).locator('label, button, input:not([type=radio])').all()) {
      if (await target.isVisible()) expect((await target.boundingBox())?.height).toBeGreaterThanOrEqual(44);
    }
    await row(page).getByRole('radio', { name: 'All bad' }).tap();
    await row(page).getByRole('button', { name: 'Send' }).tap();
    await row(page).getByText('You found all answers bad.').waitFor();
    await page.getByRole('tab', { name: /^A: / }).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    expect(problems).toEqual([]);
  });

  test('answers that are still written stay secret after a reload, and to show them as they come marks the verdict', async () => {
    const { page, ask, problems } = await newcomer(slow);
    const { path } = await ask('Why are there tides?', ['mock/sage', 'mock/thinker'], { blind: true });
    await page.goto(path);
    await awake(page);
    await row(page).getByText('at one pace').waitFor();
    const said = dataOf(page);
    await page.reload();
    await awake(page);
    const asTheyCome = row(page).getByRole('switch', { name: /^Show as they come/ });
    await asTheyCome.press('Space');
    await row(page).getByText('so the verdict is marked').waitFor();
    await expect.poll(async () => (await page.locator('.answer').allTextContents()).join('')).not.toBe('');
    expect(await page.locator('article .figures').allTextContents()).not.toContainEqual(expect.stringMatching(/tok/));
    await row(page).getByRole('radio', { name: 'Tie' }).check({ timeout: 40_000 });
    await expectSecret(page, await said());
    await row(page).getByRole('button', { name: 'Send' }).click();
    await row(page).getByText('You called it a tie.').waitFor();
    await row(page).getByText('blind, marked').waitFor();
    expect(problems).toEqual([]);
  });

  test('what one tab reveals another tab shows when the member returns to it, and a follow-up keeps the letters', async () => {
    const bea = await member(polylogue, 'Bea');
    const { page } = bea;
    const { path } = await bea.answered('Hello', ['mock/swift', 'mock/poet'], { blind: true });
    await page.goto(path);
    await awake(page);
    await row(page).getByRole('button', { name: 'Reveal without judging' }).waitFor();
    await page.getByText('same models, secret').waitFor();
    const other = await page.context().newPage();
    await other.goto(path);
    await awake(other);
    await row(other).getByRole('button', { name: 'Reveal without judging' }).click();
    await other.getByRole('heading', { name: /^A: / }).waitFor();
    await row(other).getByText('will not count as blind').waitFor();
    await page.bringToFront();
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await page.getByRole('heading', { name: /^A: / }).waitFor();
    await row(page).getByRole('radiogroup').waitFor();
  });

  test('a merge hides among the answers of models that are drawn, until the verdict says which it is', async () => {
    const { page, problems } = await newcomer(polylogue);
    await page.goto('/');
    await awake(page);
    await page.getByRole('switch', { name: 'Blind' }).click();
    await page.getByRole('button', { name: 'Have two drawn' }).click();
    await page.getByRole('button', { name: '2 models, drawn: choose how many' }).click();
    await page.getByRole('menuitemradio', { name: '3 models' }).click();
    await page.getByText('The server draws three models.').waitFor();
    await page.getByRole('button', { name: '3 models, drawn: choose how many' }).click();
    await page.getByRole('menuitemradio', { name: '2 models' }).click();
    await page.getByRole('button', { name: 'Add a merge of them' }).click();
    await page.getByRole('radio', { name: 'Combine' }).check();
    expect(await page.getByRole('radio', { name: 'Judge' }).count()).toBe(0);
    expect(await seriousFaults(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByText('A merge of their answers hides among them.').waitFor();
    const said = dataOf(page);
    await promptOf(page).fill('Why are there tides?');
    await promptOf(page).press('Enter');
    const radios = row(page).getByRole('radio');
    await radios.first().waitFor({ timeout: 40_000 });
    expect(await lanes(page, 'COMPLETED').locator('> header h3').allTextContents()).toEqual([
      'Answer A',
      'Answer B',
      'Answer C',
    ]);
    expect(await page.getByText('Merged from').count()).toBe(0);
    await expectSecret(page, await said());
    await page.reload();
    await awake(page);
    await page.getByText('same models and merge, secret').waitFor();
    await row(page).getByRole('radio', { name: 'B is best' }).check();
    await row(page).getByRole('button', { name: 'Send' }).click();
    await row(page)
      .getByText(/^You preferred B: /)
      .waitFor();
    await row(page).getByText('blind', { exact: true }).waitFor();
    await page.getByText(/^Merged from [ABC] .+ · [ABC] /).waitFor();
    expect(await page.getByText(/^Merged from/).count()).toBe(1);
    expect(await seriousFaults(page)).toEqual([]);
    expect(problems).toEqual([]);
  });

  test('a prompt that asks one model cannot be blind, and says why', async () => {
    const { page } = await newcomer(polylogue);
    await page.goto('/?model=mock/swift');
    await awake(page);
    const blind = page.getByRole('switch', { name: 'Blind', disabled: true });
    await blind.waitFor();
    expect(await blind.getAttribute('aria-checked')).toBe('false');
    await page.getByText('Blind compares two or more').first().waitFor({ state: 'attached' });
    await blind.press('Enter');
    expect(await page.getByRole('switch', { name: 'Blind', checked: true }).count()).toBe(0);
  });

  test('two answers that are not blind are judged in the same row, and the conversation goes on with one of them', async () => {
    const cyd = await member(polylogue, 'Cyd');
    const { page, problems } = cyd;
    const { path } = await cyd.answered('Hello', ['mock/swift', 'mock/poet']);
    await page.goto(path);
    await awake(page);
    await row(page).getByRole('radio', { name: 'Poet' }).check();
    await row(page).getByLabel('Topic').fill('Poems');
    await row(page).getByLabel('Topic').press('Enter');
    await row(page).getByText('You preferred Poet.').waitFor();
    await row(page).getByText('poems').waitFor();
    await page.getByRole('button', { name: 'Continue with Poet only' }).click();
    await promptOf(page).fill('And then?');
    await page.getByText('Continues with Poet only; it is sent its own answer of the earlier prompt.').waitFor();
    await page.getByRole('button', { name: 'Do not continue with Poet only' }).click();
    expect(await page.getByRole('button', { name: /^Remove / }).count()).toBe(2);
    await page.getByRole('button', { name: 'Continue with Poet only' }).click();
    await page.getByRole('button', { name: 'Send' }).click();
    await lanes(page, 'COMPLETED').nth(2).waitFor();
    expect(await page.getByRole('button', { name: /^Remove / }).count()).toBe(1);
    expect(await page.getByRole('status').filter({ hasText: 'Continues with' }).count()).toBe(0);
    expect(problems).toEqual([]);
  });
});

function row(page: Page): Locator {
  return page.locator('.judging-row').last();
}

/** Presses the key until the element has the focus. */
async function press(page: Page, key: string, wanted: Locator): Promise<void> {
  for (let times = 0; times < 30; times++) {
    await page.keyboard.press(key);
    if ((await wanted.and(page.locator(':focus')).count()) > 0) return;
  }
  throw new Error(`${wanted} has no focus after 30 times ${key}`);
}

/** Collects what the API and the loaders say from here on. The returned function has all of it, as one text. */
function dataOf(page: Page): () => Promise<string> {
  const answers: Promise<string>[] = [];
  page.on('response', (response: Response) => {
    const { pathname } = new URL(response.url());
    // The catalogue, which a member may know, comes with the frame; it says the same of every model.
    if (/\/graphql$|\.data$/.test(pathname)) answers.push(response.text().catch(() => ''));
  });
  page.on('websocket', (socket) => {
    socket.on('framereceived', ({ payload }) => answers.push(Promise.resolve(payload.toString())));
  });
  return async () => (await Promise.all(answers)).join('\n');
}

/**
 * Nothing in what the page was told, in its document, its address and its stores names a model. The server's page has the
 * catalogue, from which models are chosen: there each model is named as often as any other one.
 */
async function expectSecret(page: Page, data: string): Promise<void> {
  const known = await page.request.post('/graphql', {
    data: { query: '{ models { id name } }' },
    headers: { origin: new URL(page.url()).origin },
  });
  const { models } = (await known.json()).data as { models: { id: string; name: string }[] };
  const shown = await page.evaluate(() => {
    const body = document.body.cloneNode(true) as HTMLElement;
    for (const script of body.querySelectorAll('script')) script.remove();
    return [body.outerHTML, location.href, JSON.stringify(localStorage), JSON.stringify(sessionStorage)].join('\n');
  });
  for (const { id, name } of models) {
    expect(shown).not.toContain(id);
    expect(shown).not.toMatch(new RegExp(`\\b${name}\\b`));
    expect(data).not.toContain(id);
  }
  const loaded = `${page.url()}.data?_routes=routes%2F_chat._conversation`;
  expect(await (await page.request.get(loaded)).text()).not.toMatch(new RegExp(models.map(({ id }) => id).join('|')));
  const html = await (await page.request.get(page.url())).text();
  const counts = models.map(({ id }) => html.split(`"${id}"`).length + html.split(`"${id}\\"`).length);
  expect(new Set(counts).size).toBe(1);
}
