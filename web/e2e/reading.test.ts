import { connect, createServer, type Socket } from 'node:net';
import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { chromiumPath, everythingIsAsked } from './setup/browser.ts';
import { member, type Person, settled } from './setup/people.ts';
import { type Polylogue, test } from './setup/polylogue.ts';
import { portOf, scriptedModel } from './setup/scripted.ts';

const paragraph = 'The tide is the slow breath of the sea, and whoever builds at its edge learns to count. ';
const pages = Array.from({ length: 60 }, (_, index) => `${index + 1}. ${paragraph.repeat(3)}`).join('\n\n');
const listing = Array.from(
  { length: 400 },
  (_, n) =>
    `export function fn${n}(a: number): Promise<Map<string, number>> { return go(new Map([["b", a * ${n}]])); } // ok`,
);

const scripts = {
  code: { text: `Look:\n\n\`\`\`ts\n${listing.join('\n')}\n\`\`\`\n`, pieceLength: 4000 },
  cited: { text: 'So it is said.', citations: ['https://example.org/a', 'https://', 'http://[bad'] },
  long: { text: pages, pieceLength: 4000 },
  formulas: {
    text: 'So \\[ E = mc^2 \\] where $x_1^2$ and \\(\\vec{ab} \\ne \\widehat{cd}\\).\n\n| a | b |\n|---|---|\n| \\(|x|\\) | $5 |\n',
    pieceLength: 3,
  },
  hebrew: {
    text: '# כותרת\n\n`npm` שלום עולם\n\n1. אחת\n2. שתיים\n\n> ציטוט\n\nAnd English.\n\n```ts\nconst a = 1;\n```\n',
  },
  wide: {
    text: `| ${'Column | '.repeat(30)}\n|${'---|'.repeat(30)}\n| ${'value | '.repeat(30)}\n\n| a |\n|---|\n| b |\n`,
  },
  slow: { text: pages, pieceLength: 32 },
};

describe.skipIf(!chromiumPath && !everythingIsAsked)('reading answers', () => {
  let polylogue: Polylogue;

  test.beforeAll(async ({ polylogues }) => {
    polylogue = await polylogues.openScripted(scripts);
  });

  /** Opens a new window for the one reader, at the server or at a proxy in front of it. */
  function reader(options: Parameters<typeof member>[2] = {}, url = polylogue.url): Promise<Person> {
    return member({ ...polylogue, url }, 'Ada', { baseURL: url, ...options });
  }

  /** The path of a conversation whose prompt names this script. Its answer may still be on its way. */
  async function conversationOf({ ask }: Person, script: keyof typeof scripts): Promise<string> {
    return (await ask(script, [scriptedModel])).path;
  }

  async function finishedConversationOf({ answered }: Person, script: keyof typeof scripts): Promise<string> {
    return (await answered(script, [scriptedModel])).path;
  }

  test('an answer with 400 lines of code is coloured piece by piece, each line once, so that the page stays responsive', async () => {
    const person = await reader();
    const path = await finishedConversationOf(person, 'code');
    await person.page.addInitScript(() => {
      const batches: number[] = [];
      Object.assign(window, { batches });
      // The observer is called once for all changes of one task.
      new MutationObserver((changes) => {
        const added = changes.flatMap(({ addedNodes }) => [...addedNodes]).filter((node) => node instanceof Element);
        const tokens = new Set(added.flatMap((element) => [element, ...element.querySelectorAll('.token')]));
        const coloured = [...tokens].filter((element) => element.matches('.token'));
        if (coloured.length > 0) batches.push(coloured.reduce((sum, { textContent }) => sum + textContent.length, 0));
      }).observe(document, { childList: true, subtree: true });
    });
    await person.page.goto(path);
    await person.page.locator('pre .token', { hasText: `fn${listing.length - 1}` }).waitFor({ state: 'attached' });
    await settled(person.page);
    const batches = await person.page.evaluate<number[]>(() => Reflect.get(window, 'batches'));
    const all = (await person.page.locator('pre .token').allTextContents()).join('').length;
    expect(all).toBeGreaterThan(40_000);
    expect(Math.max(...batches)).toBeLessThan(all / 3);
    expect(batches.reduce((sum, batch) => sum + batch)).toBe(all);
    expect(person.problems).toEqual([]);
  });

  test('a conversation with an invalid address among its citations can be read', async () => {
    const person = await reader();
    const path = await finishedConversationOf(person, 'cited');
    const response = await person.page.goto(path);
    expect(response?.status()).toBe(200);
    await person.page.getByText('http://[bad').waitFor();
    expect(person.problems).toEqual([]);
  });

  test('formulas are typeset with the server’s own fonts, within the content security policy', async () => {
    const person = await reader();
    const { page } = person;
    const fonts: string[] = [];
    page.on('request', (request) => {
      if (request.resourceType() === 'font') fonts.push(request.url());
    });
    await page.goto(await conversationOf(person, 'formulas'));
    await finished(page);
    await page.locator('.katex').nth(3).waitFor();
    await page.reload();
    await page.locator('.katex').nth(3).waitFor();
    expect(await page.locator('.formula-apart .katex-display').count()).toBe(1);
    expect(await page.locator('.katex-html [style]').count()).toBeGreaterThan(10);
    await page.evaluate(() => document.fonts.ready.then(() => undefined));
    expect(fonts.some((url) => url.startsWith(`${polylogue.url}/assets/KaTeX_Main`))).toBe(true);
    expect(person.problems).toEqual([]);
  });

  test('an answer goes on after its connection has silently died', async () => {
    const gate = await startGate(polylogue.url);
    try {
      const person = await reader({}, gate.url);
      await person.page.goto(await conversationOf(person, 'slow'));
      // Growing text shows that all scripts are loaded. Text alone does not, because the server's page has some.
      const length = () => person.page.locator('.answer').evaluate((answer) => answer.textContent?.length ?? 0);
      const arrived = await length();
      await expect.poll(length).toBeGreaterThan(arrived + 200);
      gate.swallow();
      await person.page.evaluate(() => window.dispatchEvent(new Event('online')));
      await finished(person.page);
      const read = await person.page.locator('.answer').textContent();
      expect(read?.replace(/\s/g, '')).toBe(pages.replace(/\s|^\d+\. /gm, ''));
    } finally {
      gate.close();
    }
  });

  test('right-to-left text starts at the right, with its list numbers, and other text at the left', async () => {
    const person = await reader();
    const { page } = person;
    await page.goto(await conversationOf(person, 'hebrew'));
    await finished(page);
    const directions = await page
      .locator('.answer > *')
      .evaluateAll((blocks) => blocks.map((block) => getComputedStyle(block).direction));
    expect(directions).toEqual(['rtl', 'rtl', 'rtl', 'rtl', 'ltr', 'ltr']);
    const list = page.locator('.answer ol');
    expect(await list.evaluate((ol) => getComputedStyle(ol).paddingRight)).toBe('24px');
    expect(person.problems).toEqual([]);
  });

  test('a table that extends beyond an edge fades towards it, and one that fits does not', async () => {
    // The fading is an animation along the scrolled distance.
    const person = await reader({ reducedMotion: 'no-preference' });
    const { page } = person;
    await page.goto(await conversationOf(person, 'wide'));
    await finished(page);
    const fades = () =>
      page.locator('.answer section').evaluateAll((boxes) =>
        boxes.map((box) => {
          const style = getComputedStyle(box);
          return [style.getPropertyValue('--fade-start'), style.getPropertyValue('--fade-end')];
        }),
      );
    expect(await fades()).toEqual([
      ['0px', '40px'],
      ['0px', '0px'],
    ]);
    await page
      .locator('.answer section')
      .first()
      .evaluate((box) => box.scrollTo({ left: box.scrollWidth }));
    await expect.poll(fades).toEqual([
      ['24px', '0px'],
      ['0px', '0px'],
    ]);
  });

  test('the heads and feet of lanes do not stick in a low window', async () => {
    const person = await reader({ viewport: { width: 900, height: 420 } });
    const { page } = person;
    await page.goto(await conversationOf(person, 'formulas'));
    await finished(page);
    const places = page.locator('.lane article').locator('> header, > footer');
    expect(await places.evaluateAll((all) => all.map((one) => getComputedStyle(one).position))).toEqual([
      'static',
      'static',
    ]);
  });

  test('a deletion can be undone on a phone, above its sheet, whatever the title', async () => {
    const person = await reader({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
    const { page } = person;
    await person.answered('M'.repeat(200), [scriptedModel]);
    await page.goto('/');
    await page.getByRole('button', { name: 'Conversations' }).click();
    const sheet = page.getByRole('dialog');
    const entry = sheet.getByRole('link', { name: /^M{20}/ });
    await entry.waitFor();
    await sheet.getByRole('button', { name: /^More for M{20}/ }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await entry.waitFor({ state: 'detached' });
    const undo = page.getByRole('button', { name: 'Undo', includeHidden: true });
    const box = await undo.boundingBox();
    expect((box?.x ?? 0) + (box?.width ?? 999)).toBeLessThan(390);
    await undo.click();
    await entry.waitFor();
  });

  test('a reader at the end can leave it by the scroll bar and by keys', async () => {
    const person = await reader({ viewport: { width: 1440, height: 900 } });
    const { page } = person;
    await page.goto(await finishedConversationOf(person, 'long'));
    const arena = page.locator('.arena');
    const fromEnd = () => arena.evaluate((box) => box.scrollHeight - box.clientHeight - box.scrollTop);
    const toEnd = page.getByRole('button', { name: 'Go to the end' });
    await toEnd.click();
    await expect.poll(fromEnd).toBeLessThan(2);
    await arena.evaluate((box) => box.scrollTo({ top: 100 }));
    await settled(page);
    expect(await arena.evaluate((box) => box.scrollTop)).toBe(100);
    await toEnd.click();
    await expect.poll(fromEnd).toBeLessThan(2);
    await page.locator('.answer p').last().click();
    await page.keyboard.press('PageUp');
    await expect.poll(fromEnd).toBeGreaterThan(300);
    await settled(page);
    expect(await fromEnd()).toBeGreaterThan(300);
  });

  test('a reader at the end stays there while the answer grows, and one who scrolls up stays in place', async () => {
    const person = await reader({ viewport: { width: 1440, height: 700 } });
    const { page } = person;
    await page.goto(await conversationOf(person, 'slow'));
    await page.getByRole('button', { name: 'Go to the end' }).click();
    const arena = page.locator('.arena');
    const place = () => arena.evaluate((box) => ({ top: box.scrollTop, end: box.scrollHeight - box.clientHeight }));
    const before = await place();
    await expect.poll(async () => (await place()).end).toBeGreaterThan(before.end + 200);
    // The view follows the text of a frame in the next frame.
    await expect.poll(() => place().then(({ top, end }) => end - top)).toBeLessThan(60);
    await arena.evaluate((box) => box.scrollTo({ top: box.scrollTop - 300 }));
    const left = await place();
    await expect.poll(async () => (await place()).end).toBeGreaterThan(left.end + 200);
    expect((await place()).top).toBe(left.top);
  });
});

/** Waits until the first answer is complete and every answer is formatted. */
async function finished(page: Page): Promise<void> {
  await page.locator('[data-status=COMPLETED]').first().waitFor({ timeout: 50_000 });
  await page.waitForFunction(() => !document.querySelector('[data-unformatted]'));
}

/** Starts a proxy to a server. After `swallow` its open connections pass nothing more, while new ones work. */
async function startGate(url: string): Promise<{ url: string; swallow(): void; close(): void }> {
  const pairs = new Set<{ near: Socket; far: Socket; swallows: boolean }>();
  const gate = createServer((near) => {
    const far = connect(Number(new URL(url).port), '127.0.0.1');
    const pair = { near, far, swallows: false };
    pairs.add(pair);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (data) => {
        if (!pair.swallows) to.write(data);
      });
      from.on('error', () => {});
      from.on('close', () => {
        if (!pair.swallows) to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => gate.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${portOf(gate)}`,
    swallow() {
      for (const pair of pairs) pair.swallows = true;
    },
    close() {
      for (const { near, far } of pairs) {
        near.destroy();
        far.destroy();
      }
      gate.close();
    },
  };
}
