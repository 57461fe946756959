import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { chromiumPath, everythingIsAsked } from './setup/browser.ts';
import { answersOf, promptOf, send } from './setup/chat-page.ts';
import { awake, member, openPalette, type Person } from './setup/people.ts';
import { type Polylogue, test } from './setup/polylogue.ts';

describe.skipIf(!chromiumPath && !everythingIsAsked)('versions, defaults and the list in the browser', () => {
  let polylogue: Polylogue;
  test.beforeAll(async ({ polylogues }) => {
    polylogue = await polylogues.open({ catalogue: { defaultModels: ['mock/poet', 'mock/swift'] } });
  });

  function person(name: string): Promise<Person> {
    return member(polylogue, name, { viewport: { width: 1280, height: 900 } });
  }

  /** Opens a conversation whose answers ended at their length limit. */
  async function cutOff({ page, answered }: Person, modelIds: string[]): Promise<void> {
    const { path } = await answered('Why are there tides?', modelIds, { parameters: { maxOutputTokens: 12 } });
    await page.goto(path);
    await awake(page);
    await page
      .getByText('Cut off at its length limit.')
      .nth(modelIds.length - 1)
      .waitFor();
  }

  test('a cut-off answer is continued in its lane as one answer, also after a reload', async () => {
    const ada = await person('Ada');
    const { page } = ada;
    await cutOff(ada, ['mock/swift']);
    const answer = page.locator('.answer');
    const [before = ''] = await answersOf(page);
    await page.getByRole('button', { name: 'Continue' }).dblclick();
    await expect.poll(async () => ((await answer.textContent()) ?? '').length).toBeGreaterThan(before.length);
    // The same limit cuts the answer off again.
    await page.getByRole('button', { name: 'Continue' }).waitFor();
    const after = (await answer.textContent()) ?? '';
    expect(after.startsWith(before.trimEnd())).toBe(true);
    expect(await page.getByRole('button', { name: 'Earlier answer' }).count()).toBe(0);
    await page.reload();
    await page.getByRole('button', { name: 'Continue' }).waitFor();
    expect(await answersOf(page)).toEqual([after]);
    expect(ada.problems).toEqual([]);
  });

  test('an older version that is opened stays the shown one, also after a reload', async () => {
    const { page, problems, graphql } = await person('Bob');
    await page.goto('/');
    await awake(page);
    await send(page, 'Why are there tides?');
    await completed(page, 2);
    const lane = page.locator('article').first();
    const first = (await lane.locator('.answer').textContent()) ?? '';
    await lane.getByRole('button', { name: 'Ask again' }).click();
    await page.getByRole('menuitem', { name: /^Swift/ }).click();
    await lane.getByText('2/2').waitFor();
    await completed(page, 2);
    await lane.getByRole('button', { name: 'Earlier answer' }).click();
    await lane.getByText('1/2').waitFor();
    const shown =
      'query { conversations(first: 1) { edges { node { turns { edges { node { responses { text } chosen { id } } } } } } } }';
    type Shown = {
      conversations: { edges: { node: { turns: { edges: { node: { responses: { text: string }[] } }[] } } }[] };
    };
    const read = async () => (await graphql<Shown>(shown)).conversations.edges[0]?.node.turns.edges[0]?.node;
    await expect.poll(async () => (await read())?.responses[0]?.text).toContain(first.slice(0, 10));
    // Going through the versions of a lane does not choose a lane.
    expect(await read()).toMatchObject({ chosen: null });
    await page.reload();
    await lane.getByText('1/2').waitFor();
    expect((await answersOf(page))[0]).toBe(first);
    expect(problems).toEqual([]);
  });

  test('the conversation cannot continue with a lane whose answer has no text', async () => {
    const { page, answered } = await person('Cyd');
    await page.goto((await answered('Hello', ['mock/faulty', 'mock/swift'])).path);
    await completed(page, 1);
    await awake(page);
    const onward = page.getByRole('button', { name: /^Continue with .+ only$/ });
    await page.getByText('Only one answer is complete').waitFor();
    expect(await page.locator('article[data-status=FAILED]').and(page.locator(':has(button)')).count()).toBe(1);
    expect(await onward.evaluateAll((all) => all.map((one) => one.ariaLabel))).toEqual(['Continue with Swift only']);
  });

  test('a new chat asks the operator’s default models, says that they are mocks, and focuses the prompt', async () => {
    const { page } = await person('Dan');
    await page.goto('/');
    await promptOf(page).and(page.locator(':focus')).waitFor();
    expect(
      await page.getByRole('button', { name: /^Remove / }).evaluateAll((all) => all.map((one) => one.ariaLabel)),
    ).toEqual(['Remove Poet', 'Remove Swift']);
    await page.getByText('The models here are mocks').waitFor();
    await openPalette(page);
    await page.keyboard.press('Escape');
    await promptOf(page).and(page.locator(':focus')).waitFor();
  });

  test('archiving can be undone', async () => {
    const { page, answered } = await person('Eve');
    await answered('Keep me', ['mock/swift']);
    await page.goto('/');
    await awake(page);
    await page.getByRole('button', { name: 'More for Keep me' }).click();
    await page.getByRole('menuitem', { name: 'Archive' }).click();
    await page.getByRole('link', { name: 'Keep me' }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByRole('link', { name: 'Keep me' }).waitFor();
    await page.reload();
    await page.getByRole('link', { name: 'Keep me' }).waitFor();
  });

  test('the days of the list move on at midnight', async () => {
    const { page, answered } = await person('Fay');
    await answered('Late', ['mock/swift']);
    const midnight = new Date().setHours(24, 0, 0, 0);
    await page.clock.install({ time: midnight - 60_000 });
    await page.goto('/');
    await page.getByRole('region', { name: 'Today' }).getByRole('link', { name: 'Late' }).waitFor();
    await page.clock.runFor(61_000);
    await page.getByRole('region', { name: 'Yesterday' }).getByRole('link', { name: 'Late' }).waitFor();
  });

  test('the buttons of the plans stay inside on a page of 820 pixels', async () => {
    const { page } = await person('Gus');
    await page.setViewportSize({ width: 820, height: 900 });
    await page.goto('/usage');
    const button = await page.getByRole('button', { name: 'Change to Enterprise' }).boundingBox();
    const plan = await page.getByRole('listitem').filter({ hasText: 'Enterprise' }).boundingBox();
    expect((button?.x ?? 0) + (button?.width ?? 0)).toBeLessThanOrEqual((plan?.x ?? 0) + (plan?.width ?? 0) - 16);
  });
});

async function completed(page: Page, count: number): Promise<void> {
  await expect.poll(() => page.locator('article[data-status=COMPLETED]').count(), { timeout: 20_000 }).toBe(count);
}
