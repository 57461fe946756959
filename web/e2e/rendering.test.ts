import fc from 'fast-check';
import type { Locator, Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { type Answer, answers } from './setup/answers.ts';
import { chromiumPath, everythingIsAsked, watch } from './setup/browser.ts';
import { promptOf } from './setup/chat-page.ts';
import { member } from './setup/people.ts';
import { type Polylogue, test } from './setup/polylogue.ts';
import type { Script } from './setup/scripted.ts';

/** The number of turns on a page that is opened. */
const turnsOfAPage = 8;

/** Pieces of a few characters, as a model sends them, and some longer ones. */
const pieces = fc.sample(fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 13, max: 80 })), {
  seed: 7,
  numRuns: 97,
});

const scripts: Record<string, Script> = Object.fromEntries(
  answers.map(({ name, text, citations }) => [name, { text, citations, pieceLength: pieces, pauseMs: 4 }]),
);

describe.skipIf(!chromiumPath && !everythingIsAsked)('a rendered answer', () => {
  let polylogue: Polylogue;
  /** The problems of each opened page. */
  const problems: string[][] = [];
  const streamed = new Map<string, Locator>();
  const whole = new Map<string, Locator>();

  test.beforeAll(async ({ polylogues }) => {
    polylogue = await polylogues.openScripted(scripts);
    const ada = await member(polylogue, 'Ada');
    problems.push(ada.problems);
    const open = async () => {
      const page = await ada.page.context().newPage();
      problems.push(watch(page));
      return page;
    };
    for (let from = 0; from < answers.length; from += turnsOfAPage) {
      const page = from === 0 ? ada.page : await open();
      const names = answers.slice(from, from + turnsOfAPage).map(({ name }) => name);
      await converse(page, names, streamed);
      const again = await open();
      await again.goto(page.url());
      for (const [index, name] of names.entries())
        whole.set(name, again.locator('.turn').nth(index).locator('.answer'));
      await again
        .locator('.answer:not([data-unformatted])')
        .nth(names.length - 1)
        .waitFor();
    }
  }, 300_000);

  /** Sends one prompt after the other, and waits until each is answered. */
  async function converse(page: Page, names: readonly string[], seen: Map<string, Locator>): Promise<void> {
    await page.goto('/');
    for (const [index, name] of names.entries()) {
      await promptOf(page).fill(name);
      await page.getByRole('button', { name: 'Send' }).click();
      const turn = page.locator('.turn').nth(index);
      await turn.locator('[data-status=COMPLETED]').waitFor({ timeout: 60_000 });
      seen.set(name, turn.locator('.answer'));
    }
  }

  test.each(answers)('an answer with $name shows $sees, both streamed and loaded', async ({ name }: Answer) => {
    for (const seen of [streamed, whole]) {
      const answer = seen.get(name) as Locator;
      await expect.poll(() => typesetAll(answer), { timeout: 20_000 }).toBe(true);
      await (answers.find((one) => one.name === name) as Answer).check(answer);
    }
    expect(await textOf(streamed.get(name) as Locator)).toBe(await textOf(whole.get(name) as Locator));
  });

  test('causes no problem of its page', () => {
    expect(problems.flat()).toEqual([]);
  });
});

/** Tells whether no formula waits for the typesetter. A formula that cannot be set is not waiting. */
function typesetAll(answer: Locator): Promise<boolean> {
  return answer.evaluate((element) => !element.querySelector('[data-formula=waiting]'));
}

function textOf(answer: Locator): Promise<string | null> {
  return answer.evaluate((element) => element.textContent);
}
