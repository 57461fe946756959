import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, startApp, type TestApp } from '../../setup/app.ts';
import { openTestDatabase, type TestDatabase } from '../../setup/describe-databases.ts';
import { runExample } from '../../setup/examples.ts';
import { compare, createLab, judge, labCatalogue } from '../lab.ts';
import { chanceFrom } from './simulated-team.ts';

/** How good models are to everybody together, on the scale of logits, the best first. Each says its own word, which members know. */
const strengths = { Blue: 0.9, Green: 0.3, Red: -0.3, Grey: -0.9 };
type Word = keyof typeof strengths;
const words = Object.keys(strengths) as Word[];
const idOf = (word: string) => `lab/${String.fromCharCode(112 + words.indexOf(word as Word))}`;
const MEMBERS = 6;
const VERDICTS_EACH = 50;

// The statements of a board run on both databases in leaderboard.test.ts; 300 prompts take long.
describe('a team of known strengths that judges', () => {
  const lab = createLab();
  const folder = mkdtempSync(join(tmpdir(), 'polylogue-ratings-'));
  let database: TestDatabase;
  let app: TestApp;
  let members: Client[];
  beforeAll(async () => {
    database = await openTestDatabase('pglite');
    app = await startApp({
      database,
      catalogue: {
        ...labCatalogue,
        models: words.map((word) => ({ ...labCatalogue.models[0], id: idOf(word), name: `Model ${idOf(word)}` })),
      },
      languageModels: { lab: lab.languageModel },
    });
    for (const word of words) lab.say(idOf(word).slice('lab/'.length), `It is ${word}.`);
    members = [];
    for (let member = 0; member < MEMBERS; member++) members.push(await app.newMember());
    await Promise.all(members.map(judgeMuch));
  }, 300_000);
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await app?.close();
    await database?.close();
    expect(app?.errors).toEqual([]);
  });

  async function compareBlind(client: Client, modelIds: string[]) {
    const { turn, conversation } = await compare(client, modelIds, { blind: true });
    const { node } = await client.gql('query ($id: ID!) { node(id: $id) { ... on Turn { responses { id text } } } }', {
      id: turn.id,
    });
    return { turn, conversation, answers: node.responses as { id: string; text: string }[] };
  }

  /** Each member has their own taste. In one verdict of ten, all answers are bad. */
  async function judgeMuch(client: Client, member: number): Promise<void> {
    const chance = chanceFrom(100 + member);
    const own = Object.fromEntries(words.map((word) => [word, strengths[word] + 0.3 * chance.normal()]));
    for (let verdict = 0; verdict < VERDICTS_EACH; verdict++) {
      const drawn = words.filter(() => chance.even() < 0.6).slice(0, 3);
      while (drawn.length < 2) drawn.push(...words.filter((word) => !drawn.includes(word)).slice(0, 1));
      const draw = chance.even();
      const isAllBad = chance.even() < 0.1;
      const { answers, ...asked } = await compareBlind(client, drawn.map(idOf));
      const seen = answers.map(({ id, text }) => ({ id, word: words.find((word) => text.includes(word)) as Word }));
      // The draw decides among the words, not the letters, whose order is the server's chance.
      const best = chosen(seen, (word) => own[word] ?? 0, draw);
      await judge(client, asked, isAllBad ? { kind: 'ALL_BAD' } : { kind: 'BEST', bestResponseIds: [best] });
    }
  }

  it('is rated within the intervals, in the right order, and as an independent fit of the exported verdicts rates it', async () => {
    const [reader] = members as [Client];
    const { leaderboard } = await reader.gql(`{ leaderboard {
      state verdicts allBad judges leftOut { open named unpaced } warnings { code }
      rows { model { id } rating ratingLow ratingHigh rankBest rankWorst verdicts }
    } }`);
    const { rows, verdicts, allBad } = leaderboard;
    expect(leaderboard).toMatchObject({ judges: MEMBERS, leftOut: { open: 0, named: 0, unpaced: 0 }, warnings: [] });
    expect(verdicts + allBad).toBe(MEMBERS * VERDICTS_EACH);
    expect(rows.map(({ model }: { model: { id: string } }) => model.id)).toEqual(words.map(idOf));
    rows.forEach(({ ratingLow, ratingHigh, rankBest, rankWorst }: Record<string, number>, place: number) => {
      const truth = 1000 + 400 * Math.log10(Math.E) * strengths[words[place] as Word];
      expect(ratingLow).toBeLessThan(truth);
      expect(ratingHigh).toBeGreaterThan(truth);
      expect(rankBest).toBeLessThanOrEqual(place + 1);
      expect(rankWorst).toBeGreaterThanOrEqual(place + 1);
    });
    const file = join(folder, 'verdicts.csv');
    writeFileSync(
      file,
      await (await fetch(`${app.url}/export/verdicts.csv`, { headers: { cookie: reader.cookie } })).text(),
    );
    const lines = (await runExample('ratings', [file], {})).trim().split('\n');
    const fitted = lines.map((line) => line.split(' '));
    expect(fitted.map(([, name]) => name)).toEqual(words.map(idOf));
    fitted.forEach(([rating], place) => {
      // It prints one decimal.
      expect(Math.abs(Number(rating) - rows[place].rating)).toBeLessThan(0.051);
    });
  });
});

/** The answer that is taken with a chance that is proportional to the exponential of its strength. */
function chosen(answers: { id: string; word: Word }[], strengthOf: (word: Word) => number, draw: number): string {
  const inOrder = answers.toSorted((one, other) => words.indexOf(one.word) - words.indexOf(other.word));
  const worth = inOrder.map(({ word }) => Math.exp(strengthOf(word)));
  let rest = draw * worth.reduce((sum, one) => sum + one, 0);
  const place = worth.findIndex((one) => {
    rest -= one;
    return rest <= 0;
  });
  return (inOrder[place] ?? inOrder[0])?.id ?? '';
}
