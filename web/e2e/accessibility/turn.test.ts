import { describe, expect } from 'vitest';
import { chromiumPath, everythingIsAsked } from '../setup/browser.ts';
import { lanes, promptOf, signedUp } from '../setup/chat-page.ts';
import { type Polylogue, test } from '../setup/polylogue.ts';
import { listen, spoken } from './spoken.ts';

describe.skipIf(!chromiumPath && !everythingIsAsked)('a turn that is heard', () => {
  let polylogue: Polylogue;
  test.beforeAll(async ({ polylogues }) => {
    polylogue = await polylogues.open({ settings: { MOCK_PACE: '8' } });
  });

  test('a screen reader says when answers begin and end, and reads a turn in the order in which it is seen', async () => {
    const { page, problems } = await signedUp(polylogue, { models: ['Swift', 'Sage', 'Thinker'] });
    const heard = await listen(page);
    await promptOf(page).fill('Explain the tides');
    await page.keyboard.press('Enter');
    await expect.poll(() => lanes(page, 'COMPLETED').count(), { timeout: 60_000 }).toBe(3);
    await page.waitForFunction(() => !document.querySelector('[data-unformatted]'));
    await expect.poll(heard).toHaveLength(6);
    const said = (await heard()).map((line) => line.replace(/\d+ tokens/, 'n tokens'));
    for (const name of ['Swift', 'Sage', 'Thinker']) {
      expect(said.filter((line) => line.startsWith(name))).toEqual([
        `${name} is answering`,
        `${name} finished, n tokens`,
      ]);
    }

    const lines = await spoken(page, 'article', 'Prompt: Explain');
    if (process.env.SHOW_SPOKEN) console.log([...(await heard()), '', ...lines].join('\n'));
    expect(lines.filter((line) => line.includes('WITHOUT A NAME'))).toEqual([]);
    // Each thing is said once.
    expect(lines.filter((line, at) => line === lines[at - 1])).toEqual([]);
    const words = lines.map((line) => line.trim().replaceAll(/[\d,]+(\.\d)?(?= (s|tokens|credits)\b)/g, 'n'));
    const [swift, sage] = ['Swift', 'Sage'].map((name) => words.indexOf(`article: ${name}`)) as [number, number];
    expect(words.slice(0, swift)).toEqual([
      'article: Prompt: Explain the tides, 1 of 1',
      'heading 2: You',
      'Explain the tides',
      'button: Copy prompt',
      'button: Add prompt to a set',
      'button: Edit prompt',
    ]);
    // The speed is told of longer answers only.
    expect(words.slice(swift, sage).filter((line) => !line.startsWith('Speed'))).toEqual([
      'article: Swift',
      'heading 3: Swift',
      'mock, done',
      'button: Fold Swift',
      'button: Show only Swift',
      expect.stringMatching(/^Understood\. .*“Explain the tides”\.$/),
      'First word after: n s',
      'Length: n tokens',
      'Charged: button: n credits were charged: the receipt, closed',
      'button: Copy answer',
      'button: Ask again, closed',
      'button: Continue with Swift only',
    ]);
    const answer = words.slice(sage, words.indexOf('article: Thinker'));
    for (const line of ['heading 5: As code', 'table', 'figure', 'button: Copy code']) expect(answer).toContain(line);
    expect(words.slice(-8)).toEqual([
      'group of radio buttons: Which answer is best?',
      ...['Swift', 'Sage', 'Thinker', 'Tie', 'All bad'].map((name) => `radio button: ${name}`),
      'button: Merge, closed',
      'button: Compare words, closed',
    ]);
    expect(problems).toEqual([]);
  });
});
