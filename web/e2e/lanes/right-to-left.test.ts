import { describe, expect } from 'vitest';
import { chromiumPath, everythingIsAsked } from '../setup/browser.ts';
import { awake, newcomer, seriousFaults } from '../setup/people.ts';
import { type Polylogue, test } from '../setup/polylogue.ts';

const four = ['Swift', 'Sage', 'Poet', 'Thinker'];

describe.skipIf(!chromiumPath && !everythingIsAsked)('the lanes of an Arabic page', () => {
  let polylogue: Polylogue;

  test.beforeAll(async ({ polylogues }) => {
    polylogue = await polylogues.open();
  });

  test('stand from right to left, and are scrolled to and moved so by keys and by mouse', async () => {
    const { page, problems, graphql, answered } = await newcomer(polylogue, { viewport: { width: 820, height: 900 } });
    await graphql('mutation { changePlan(tier: ENTERPRISE) { id } }');
    const { path } = await answered(
      'Explain how tides work',
      four.map((name) => `mock/${name.toLowerCase()}`),
    );
    await page.context().addCookies([{ name: 'locale', value: 'ar', url: polylogue.url }]);
    await page.goto(path);
    await awake(page);
    expect(await page.locator('html').getAttribute('dir')).toBe('rtl');
    const names = () => page.locator('[data-lane-head] h3').allTextContents();
    const box = async (name: string) => {
      const found = await page
        .locator('.lane')
        .filter({ has: page.getByRole('heading', { name, exact: true }) })
        .boundingBox();
      if (!found) throw new Error(`${name} is not shown`);
      return found;
    };
    expect(await names()).toEqual(four);
    expect((await box('Swift')).x).toBeGreaterThan((await box('Sage')).x);
    expect((await box('Thinker')).x).toBeLessThan(0);
    await page
      .locator('.lanes-in-view')
      .getByRole('button', { name: /Thinker/ })
      .click();
    await expect.poll(async () => (await box('Thinker')).x).toBeGreaterThanOrEqual(0);

    await page
      .locator('.lane')
      .filter({ has: page.getByRole('heading', { name: 'Swift', exact: true }) })
      .locator('footer button')
      .first()
      .focus();
    await page.keyboard.press('Alt+ArrowLeft');
    expect(await names()).toEqual(['Sage', 'Swift', 'Poet', 'Thinker']);
    await page.keyboard.press('Alt+ArrowLeft');
    await page.keyboard.press('Alt+ArrowLeft');
    expect(await names()).toEqual(['Sage', 'Poet', 'Thinker', 'Swift']);
    await expect.poll(async () => (await box('Swift')).x).toBeGreaterThanOrEqual(0);
    await page.keyboard.press('Alt+ArrowRight');
    expect(await names()).toEqual(['Sage', 'Poet', 'Swift', 'Thinker']);

    await page.setViewportSize({ width: 1440, height: 900 });
    const head = async (name: string) => {
      const { x, y, width } = await box(name);
      return { x: x + width / 2, y: y + 20 };
    };
    const [from, to] = [await head('Sage'), await head('Poet')];
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(to.x - 20, to.y, { steps: 8 });
    await page.mouse.up();
    expect(await names()).toEqual(['Poet', 'Sage', 'Swift', 'Thinker']);
    expect(await seriousFaults(page)).toEqual([]);
    expect(problems).toEqual([]);
  });
});
