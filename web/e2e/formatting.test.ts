import { readdir, readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { chromiumPath, everythingIsAsked } from './setup/browser.ts';
import { type Asked, intercept, member, type Person } from './setup/people.ts';
import { type Polylogue, test } from './setup/polylogue.ts';
import { scriptedModel } from './setup/scripted.ts';

const paragraph = 'The **tide** is the slow breath of the sea, and `whoever` builds at its edge learns to *count*. ';
const section = `## Heights\n\n${paragraph.repeat(4)}\n\n- one\n- **two**\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n`;

const hostile = {
  quotations: `${'> '.repeat(4000)}deep`,
  emphasis: '*a_ '.repeat(8000),
  table: `| a | b |\n|---|---|\n${'| 1 | 2 |\n'.repeat(5000)}`,
  line: 'a'.repeat(200_000),
};

const scripts = {
  ...Object.fromEntries(Object.entries(hostile).map(([name, text]) => [name, { text, pieceLength: 50_000 }])),
  growing: { text: `${section}${'*a_ '.repeat(1500)}`, pieceLength: 24 },
  sections: { text: section.repeat(6), pieceLength: 10_000 },
  trap: { text: 'A **picture**: ![of it](https://example.org/trap.png)' },
};

describe.skipIf(!chromiumPath && !everythingIsAsked)('formatting answers', () => {
  let polylogue: Polylogue;
  let renderer: RegExp;

  test.beforeAll(async ({ polylogues }) => {
    renderer = await addressOfRenderer();
    polylogue = await polylogues.openScripted(scripts);
  });

  function reader(): Promise<Person> {
    return member(polylogue, 'Ada');
  }

  /** The path of a conversation with a turn for each script, answered by `models` lanes. */
  async function converse({ answered }: Person, names: readonly string[], models = 1): Promise<string> {
    let asked: Asked | undefined;
    for (const name of names) {
      const modelIds = Array.from({ length: models }, () => scriptedModel);
      asked = await answered(name, modelIds, asked && { parentTurnId: asked.turnId });
    }
    return asked?.path ?? '/';
  }

  test('the server’s page and its data contain an answer’s text unformatted, and are compressed', async () => {
    const person = await reader();
    const path = await converse(person, ['sections']);
    for (const address of [path, `${path}.data`]) {
      const response = await person.page.request.get(address, { headers: { 'accept-encoding': 'br' } });
      expect(response.status()).toBe(200);
      expect(response.headers()['content-encoding']).toBe('br');
      expect(response.headers().vary).toMatch(/accept-encoding/i);
      const text = await response.text();
      expect(text).toContain('The **tide** is the slow breath');
      expect(text).not.toContain('<strong>');
    }
  });

  test.each(Object.entries(hostile))(
    'an answer of hostile %s is shown as plain text with a note, and the page around it works',
    async (name, text) => {
      const person = await reader();
      const { page } = person;
      const path = await converse(person, ['sections', name, 'sections']);
      expect((await page.goto(path))?.status()).toBe(200);
      await whole(page);
      // The turns above are drawn after the last one.
      await expect.poll(() => page.locator('.answer h2').count(), { timeout: 20_000 }).toBe(12);
      await page.getByText(/^Shown as plain text: /).waitFor();
      expect(await page.getByText(/^Shown as plain text: /).count()).toBe(1);
      expect(await page.locator('.turn').nth(1).locator('.answer').textContent()).toBe(text);
      await page.getByRole('textbox', { name: 'Prompt', exact: true }).fill('sections');
      await page.getByRole('button', { name: 'Send' }).click();
      await expect.poll(() => page.locator('.answer h2').count(), { timeout: 20_000 }).toBe(18);
      expect(person.problems).toEqual([]);
    },
  );

  test('an answer that grows beyond its budget becomes plain text, and is shown completely', async () => {
    const person = await reader();
    const { page } = person;
    await page.goto('/');
    await page.getByRole('textbox', { name: 'Prompt', exact: true }).fill('growing');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.locator('.answer strong').first().waitFor();
    await page.getByText(/^Shown as plain text: /).waitFor();
    expect(await page.locator('[data-status=COMPLETED]').count()).toBe(0);
    await page.locator('[data-status=COMPLETED]').waitFor();
    expect(await page.locator('.answer').textContent()).toBe(scripts.growing.text);
    expect(person.problems).toEqual([]);
  });

  test('an answer that breaks the renderer is shown as plain text, and the page around it works', async () => {
    const person = await reader();
    const { page } = person;
    const path = await converse(person, ['sections', 'trap']);
    // URL.canParse is called for each image.
    await page.addInitScript(() => {
      const { canParse } = URL;
      URL.canParse = (url, base) => {
        if (String(url).includes('trap')) throw new Error('trapped');
        return canParse(url, base);
      };
    });
    await page.goto(path);
    await page.getByText('Shown as plain text: its formatting could not be read.').waitFor();
    await whole(page);
    expect(await page.locator('.turn').last().locator('.answer').textContent()).toBe(scripts.trap.text);
    expect(await page.locator('.answer h2').count()).toBe(6);
    await page.getByRole('button', { name: 'Ask again' }).last().click();
    await page.getByRole('menuitem').first().waitFor();
  });

  test('the turn being read stays in place while it and the answers above it are formatted', async () => {
    const person = await reader();
    const { page } = person;
    const path = await converse(person, ['sections', 'sections', 'sections', 'sections'], 2);
    for (const read of [3, 2]) {
      let letGo = () => {};
      const held = new Promise<void>((resolve) => {
        letGo = resolve;
      });
      await page.unrouteAll();
      await page.goto('/usage');
      await intercept(page, renderer, async (route) => {
        await held;
        await route.continue();
      });
      await page.goto(path);
      await page.locator('[data-unformatted]').nth(7).waitFor({ state: 'attached' });
      const topOf = () =>
        page.evaluate((index) => {
          const top = (selector: string) =>
            document.querySelectorAll(selector)[index]?.getBoundingClientRect().top ?? 0;
          const arena = document.querySelector('.arena') as HTMLElement;
          return Math.round(top('.turn') - arena.getBoundingClientRect().top);
        }, read);
      await page.getByRole('button', { name: 'Ask again' }).nth(7).waitFor({ state: 'attached' });
      if (read < 3) {
        await page
          .locator('.turn')
          .nth(read)
          .evaluate((turn) => turn.scrollIntoView({ block: 'start' }));
      }
      const before = await topOf();
      expect(Math.abs(before)).toBeLessThan(3);
      letGo();
      await whole(page);
      expect(Math.abs((await topOf()) - before)).toBeLessThan(3);
    }
    expect(person.problems).toEqual([]);
  });

  test('a sign-in by a hostile link stays on this server', async () => {
    const { page, email } = await reader();
    for (const to of ['/\t/evil.example', '/\\evil.example', '//evil.example', '/.//evil.example']) {
      await page.context().clearCookies();
      await page.goto(`/sign-in?to=${encodeURIComponent(to)}`);
      await page.getByLabel('E-mail').fill(email);
      await page.getByLabel('Password').fill('correct horse');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.waitForURL((url) => url.pathname !== '/sign-in');
      expect(page.url()).toBe(`${polylogue.url}/`);
    }
  });
});

/** The address of the script with the Markdown renderer, whose name the bundler chooses. */
async function addressOfRenderer(): Promise<RegExp> {
  const folder = new URL('../build/client/assets/', import.meta.url);
  for (const name of await readdir(folder)) {
    if (name.endsWith('.js') && (await readFile(new URL(name, folder), 'utf8')).includes('parseIncompleteMarkdown')) {
      return new RegExp(`/assets/${name}$`);
    }
  }
  throw new Error('There is no renderer in the build.');
}

/** Waits until every answer on the page is formatted, as far as possible. */
async function whole(page: Page): Promise<void> {
  await page.waitForFunction(() => !document.querySelector('[data-unformatted]'), undefined, { timeout: 50_000 });
}
