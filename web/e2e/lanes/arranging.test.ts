import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { toAddressId } from '../../app/graphql/address-id.ts';
import { chromiumPath, everythingIsAsked } from '../setup/browser.ts';
import { lanes, promptOf, withConversation } from '../setup/chat-page.ts';
import { awake, drawn, newcomer, seriousFaults } from '../setup/people.ts';
import { type Polylogue, test } from '../setup/polylogue.ts';

const four = ['Swift', 'Sage', 'Poet', 'Thinker'];
const fourIds = four.map((name) => `mock/${name.toLowerCase()}`);

/** The names of the lanes from left to right; a folded one in brackets. */
function shown(page: Page): Promise<string[]> {
  return page.locator('.turn:last-of-type .lane:visible').evaluateAll((all) =>
    all.map((lane) => {
      const name = lane.querySelector('h3')?.textContent;
      return (
        name ??
        `(${
          lane
            .querySelector('button')
            ?.getAttribute('aria-label')
            ?.match(/Open (\w+)/)?.[1]
        })`
      );
    }),
  );
}

describe.skipIf(!chromiumPath && !everythingIsAsked)('the lanes of a conversation', () => {
  let polylogue: Polylogue;

  test.beforeAll(async ({ polylogues }) => {
    polylogue = await polylogues.open();
  });

  async function withFour(options: { width: number; height: number }) {
    const person = await newcomer(polylogue, { viewport: options });
    await person.graphql('mutation { changePlan(tier: ENTERPRISE) { id } }');
    const asked = await person.answered('Explain how tides work', fourIds);
    await person.page.goto(asked.path);
    await awake(person.page);
    return { ...person, ...asked };
  }

  test('four fit a window of 1440 pixels, and narrower ones show a piece of the next and say how many are in view', async () => {
    const { page, problems } = await withFour({ width: 1440, height: 900 });
    const right = async (at: number) => {
      const box = await page.locator('.lane').nth(at).boundingBox();
      return (box?.x ?? 0) + (box?.width ?? 0);
    };
    expect(await right(3)).toBeLessThanOrEqual(1440);
    expect(await page.getByText('in view').isVisible()).toBe(false);
    await page.setViewportSize({ width: 820, height: 900 });
    await page.getByText('2 of 4 in view').waitFor();
    expect((await page.locator('.lane').nth(2).boundingBox())?.x).toBeLessThan(790);
    await page
      .getByRole('list', { name: 'Go to an answer' })
      .getByRole('button', { name: /^Thinker/ })
      .click();
    await expect.poll(() => right(3)).toBeLessThanOrEqual(820);
    expect(await seriousFaults(page)).toEqual([]);
    expect(problems).toEqual([]);
  });

  test('one lane takes the width by a double click or a key, the strip leads to the others, and Escape shows all', async () => {
    const { page, problems } = await withFour({ width: 1440, height: 900 });
    await page.getByRole('article', { name: 'Sage' }).locator('[data-lane-head]').dblclick();
    expect(await shown(page)).toEqual(['Sage']);
    await page.getByRole('tab', { name: /Poet/ }).click();
    expect(await shown(page)).toEqual(['Poet']);
    await page.getByRole('tabpanel', { name: /Poet/ }).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await page.keyboard.press('Escape');
    expect(await shown(page)).toEqual(four);
    await page.getByRole('button', { name: 'Show only Thinker' }).focus();
    await page.keyboard.press('Alt+ArrowUp');
    expect(await shown(page)).toEqual(['Thinker']);
    await page.getByRole('button', { name: 'All answers', exact: true }).click();
    expect(await shown(page)).toEqual(four);
    expect(problems).toEqual([]);
  });

  test('lanes are folded and moved by keyboard and by mouse, in every turn, and a page is made so', async () => {
    const { page, problems, answered, turnId, path } = await withFour({ width: 1440, height: 900 });
    const shortPath = `/c/${toAddressId(decodeURIComponent(path.slice('/c/'.length)))}`;
    await page.getByRole('button', { name: 'Fold Sage' }).focus();
    await page.keyboard.press('Enter');
    expect(await shown(page)).toEqual(['Swift', '(Sage)', 'Poet', 'Thinker']);
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Open Sage, done');
    await page.keyboard.press('Alt+ArrowRight');
    expect(await shown(page)).toEqual(['Swift', 'Poet', '(Sage)', 'Thinker']);
    await page.getByRole('log').getByText('Sage moved to place 3 of 4').waitFor({ state: 'attached' });
    const box = async (name: string) => {
      const found = await page.getByRole('article', { name }).locator('[data-lane-head]').boundingBox();
      if (!found) throw new Error(`${name} is not shown`);
      return { x: found.x + found.width / 3, y: found.y + found.height / 2 };
    };
    const [from, to] = [await box('Thinker'), await box('Swift')];
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(to.x, to.y, { steps: 8 });
    await page.mouse.up();
    const arranged = ['Thinker', 'Swift', 'Poet', '(Sage)'];
    expect(await shown(page)).toEqual(arranged);
    await answered('And the moon?', fourIds, { parentTurnId: turnId });
    await page.reload();
    await awake(page);
    await expect.poll(() => shown(page)).toEqual(arranged);
    const storageState = await page.context().storageState();
    const plain = await polylogue.open({
      storageState,
      javaScriptEnabled: false,
      viewport: { width: 1440, height: 900 },
    });
    await plain.page.goto(shortPath);
    expect(await shown(plain.page)).toEqual(arranged);
    await page.locator('.turn:last-of-type').getByRole('button', { name: 'Open Sage' }).click();
    expect(await shown(page)).toEqual(['Thinker', 'Swift', 'Poet', 'Sage']);
    expect(problems).toEqual([]);
  });

  test('a short answer stays beside a long one while that is read', async () => {
    const { page, problems } = await withConversation(polylogue, {
      prompts: ['Explain how tides work, with a table and code'],
      models: ['Swift', 'Sage'],
      viewport: { width: 1200, height: 600 },
    });
    const topOf = async (name: string) => (await page.getByRole('article', { name }).boundingBox())?.y ?? 0;
    await page.locator('.arena').evaluate((arena) => arena.scrollBy(0, 300));
    await drawn(page);
    expect(await topOf('Swift')).toBeGreaterThanOrEqual(50);
    expect(await topOf('Sage')).toBeLessThan(0);
    expect(problems).toEqual([]);
  });

  test('a long prompt shows eight lines, then all of it', async () => {
    const prompt = Array.from({ length: 14 }, (_, line) => `Line ${line + 1}`).join('\n');
    const { page, problems } = await withConversation(polylogue, { prompts: [prompt], models: ['Swift'] });
    const height = async () => (await page.locator('.turn p').first().boundingBox())?.height;
    expect(await height()).toBe(8 * 24);
    await page.getByRole('button', { name: 'Show all' }).click();
    expect(await height()).toBe(14 * 24);
    await page.getByRole('button', { name: 'Copy prompt' }).waitFor();
    expect(problems).toEqual([]);
  });

  test('blind lanes stay in the order of their letters', async () => {
    const { page, problems, ask } = await newcomer(polylogue, { viewport: { width: 1200, height: 800 } });
    const { path } = await ask('Name a river', ['mock/swift', 'mock/sage'], { blind: true });
    await page.goto(path);
    await awake(page);
    await expect.poll(() => lanes(page, 'COMPLETED').count()).toBe(2);
    await page.getByRole('button', { name: 'Show only Answer B' }).focus();
    await page.keyboard.press('Alt+ArrowLeft');
    expect(await shown(page)).toEqual(['Answer A', 'Answer B']);
    expect(await promptOf(page).isVisible()).toBe(true);
    expect(problems).toEqual([]);
  });
});
