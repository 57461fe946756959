import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { chromiumPath, everythingIsAsked } from '../setup/browser.ts';
import { withConversation } from '../setup/chat-page.ts';
import { awake, openPalette, seriousFaults, settled } from '../setup/people.ts';
import { type Polylogue, test } from '../setup/polylogue.ts';

/** How many prompts the long conversation has. */
const count = 24;

describe.skipIf(!chromiumPath && !everythingIsAsked)('finding in the browser', () => {
  let polylogue: Polylogue;
  test.beforeAll(async ({ polylogues }) => {
    polylogue = await polylogues.open({ catalogue: { tiers: { FREE: { promptsPerMinute: 600 } } } });
  });

  /** A conversation whose prompts 3 and 20 name a kumquat; prompt 3 has another version, about a pomelo. */
  async function longConversation() {
    const prompts = Array.from({ length: count }, (_, at) => {
      return `Prompt ${at + 1}${at === 2 || at === 19 ? ' about a Kümquat' : ''}`;
    });
    return withConversation(polylogue, { prompts, models: ['Swift'], viewport: { width: 1280, height: 800 } });
  }

  test('a found line opens its turn with the word marked, and the search goes on from there', async () => {
    const { page, problems } = await longConversation();
    await page.goto('/');
    await openPalette(page);
    await page.getByRole('combobox').fill('kumquat');
    const lines = page.getByRole('option').filter({ has: page.locator('mark') });
    await expect.poll(() => lines.count()).toBe(2);
    expect(await lines.nth(1).locator('mark').textContent()).toBe('Kümquat');
    expect(await lines.nth(1).textContent()).toContain('You · Today · Prompt 1');
    expect(await seriousFaults(page)).toEqual([]);
    await lines.nth(1).click();
    await page.waitForURL('**/c/*?turn=*');
    await expect.poll(() => inSight(page)).toContain('Prompt 3 about a Kümquat');
    await status(page, /^1 of \d$/);
    await expect.poll(() => marked(page, 'found-here')).toEqual(['Kümquat']);
    // The turn that was found stands where one reads: whole in sight, and begun in the upper half.
    const { top, height } = await standing(page, 'Prompt 3 about a Kümquat');
    expect(top).toBeGreaterThanOrEqual(0);
    expect(top).toBeLessThan(height / 2);
    expect(await seriousFaults(page)).toEqual([]);

    // The other one is on a page of turns that is not here.
    expect(await page.getByText('Prompt 20 about').count()).toBe(0);
    const search = page.getByRole('search');
    const goesTo = async (button: string, prompt: string) => {
      await expect
        .poll(async () => {
          // The answers in between may name it too.
          if (!(await inSight(page)).includes(prompt)) await search.getByRole('button', { name: button }).click();
          await settled(page);
          return inSight(page);
        })
        .toContain(prompt);
    };
    await goesTo('Next place', 'Prompt 20 about a Kümquat');
    await goesTo('Previous place', 'Prompt 3 about a Kümquat');
    await search.getByRole('searchbox').press('Enter');
    await status(page, /^[2-9] of \d$/);

    await page.keyboard.press('Escape');
    await page.getByRole('search').waitFor({ state: 'detached' });
    await expect.poll(() => marked(page, 'found-here')).toEqual([]);
    expect(problems).toEqual([]);
  });

  test('Ctrl+F looks in the whole conversation, and within its field belongs to the browser', async () => {
    const { page, problems, graphql, turnId } = await longConversation();
    const before = await branchPoint(graphql, turnId);
    await page.getByRole('textbox', { name: 'Prompt', exact: true }).focus();
    await page.keyboard.press('Control+f');
    const field = page.getByRole('searchbox', { name: 'Find in this conversation' });
    await field.fill('prompt 2 ');
    await expect.poll(() => field.and(page.locator(':focus')).count()).toBe(1);
    await status(page, /of \d+$/);
    await field.fill('zzyzx');
    await status(page, 'Nothing');
    await field.fill('kumquat');
    await expect.poll(() => inSight(page)).toContain('about a Kümquat');
    const isKept = await page.evaluate(() => {
      const event = new KeyboardEvent('keydown', { key: 'f', ctrlKey: true, bubbles: true, cancelable: true });
      document.activeElement?.dispatchEvent(event);
      return event.defaultPrevented;
    });
    expect(isKept).toBe(false);
    await page.keyboard.press('Escape');
    await page.getByRole('textbox', { name: 'Prompt', exact: true }).and(page.locator(':focus')).waitFor();

    // What was found on another branch is shown there.
    await graphql(`mutation ($input: SendPromptInput!) { sendPrompt(input: $input) { __typename } }`, {
      input: { prompt: 'A pomelo instead', modelIds: ['mock/swift'], parentTurnId: before },
    });
    await graphql(`mutation ($input: SendPromptInput!) { sendPrompt(input: $input) { __typename } }`, {
      input: { prompt: 'The last one', modelIds: ['mock/swift'], parentTurnId: turnId },
    });
    await page.reload();
    await awake(page);
    await page.keyboard.press('Control+f');
    await field.fill('pomelo');
    await expect.poll(() => inSight(page)).toContain('A pomelo instead');
    expect(problems).toEqual([]);
  });

  test('turns come while the reader scrolls up and down, and what is read stays in its place', async () => {
    const { page, problems } = await longConversation();
    const seen = new Set<string>();
    const collect = async () => {
      for (const prompt of await page.locator('.turn .turn-row p').allTextContents()) seen.add(prompt);
    };
    await page.locator('.arena').hover();
    await expect
      .poll(
        async () => {
          await page.mouse.wheel(0, -900);
          await settled(page);
          await collect();
          return seen.size;
        },
        { timeout: 60_000 },
      )
      .toBe(count);

    // Whatever came above and below, what is in sight goes as far as it is scrolled.
    const arena = page.locator('.arena');
    const places = () => Promise.all([tops(page), arena.evaluate(({ scrollTop }) => scrollTop)]);
    const [before, from] = await places();
    await page.mouse.wheel(0, 120);
    await expect.poll(() => arena.evaluate(({ scrollTop }) => scrollTop)).toBeGreaterThan(from);
    await settled(page);
    const [after, to] = await places();
    const moved = before.flatMap(({ id, top }) => {
      const same = after.find((turn) => turn.id === id);
      return same ? [top - same.top] : [];
    });
    expect(moved.length).toBeGreaterThan(0);
    for (const by of moved) expect(Math.abs(by - (to - from))).toBeLessThan(2);
    await page.getByRole('button', { name: 'Go to the end' }).click();
    await expect.poll(() => inSight(page)).toContain(`Prompt ${count}`);
    expect(problems).toEqual([]);
  });
});

/** The parent of a turn's parent. */
async function branchPoint(
  graphql: <Data>(query: string, variables?: object) => Promise<Data>,
  turnId: string,
): Promise<string> {
  const { node } = await graphql<{ node: { parent: { parent: { id: string } } } }>(
    'query ($id: ID!) { node(id: $id) { ... on Turn { parent { parent { id } } } } }',
    { id: turnId },
  );
  return node.parent.parent.id;
}

async function status(page: Page, text: string | RegExp): Promise<void> {
  await page.getByRole('search').getByRole('status').filter({ hasText: text }).waitFor();
}

/** The prompts that are in sight, joined. */
function inSight(page: Page): Promise<string> {
  return page.evaluate(() => {
    const view = document.querySelector('.arena')?.getBoundingClientRect();
    const prompts = [...document.querySelectorAll('.turn .turn-row p')].filter((prompt) => {
      const { top, bottom } = prompt.getBoundingClientRect();
      return view !== undefined && bottom > view.top && top < view.bottom;
    });
    return prompts.map(({ textContent }) => textContent).join('\n');
  });
}

/** The marked words. */
function marked(page: Page, name: string): Promise<string[]> {
  return page.evaluate((name) => [...(CSS.highlights.get(name) ?? [])].map((range) => range.toString()), name);
}

/** How far below the arena's upper edge the prompt begins, and the arena's height, in pixels. */
async function standing(page: Page, prompt: string): Promise<{ top: number; height: number }> {
  const arena = await page.locator('.arena').boundingBox();
  const found = await page.locator('.turn .turn-row p').filter({ hasText: prompt }).boundingBox();
  if (!arena || !found) throw new Error('The prompt is not in the page.');
  return { top: found.y - arena.y, height: arena.height };
}

function tops(page: Page): Promise<{ id: string | undefined; top: number }[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('.turn')]
      .map((turn) => ({ id: turn.dataset.turn, top: turn.getBoundingClientRect().top }))
      .filter(({ top }) => top > 0),
  );
}
