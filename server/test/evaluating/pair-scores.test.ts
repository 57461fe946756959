import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { beforeAll, expect, it, test } from 'vitest';
import { findPairScores } from '../../src/database/judging/evaluation-results.ts';
import type { PairOutcome } from '../../src/database/judging/evaluation-tables.ts';
import { type Chance, chanceFrom } from '../judging/boards/simulated-team.ts';
import { describeDatabases } from '../setup/describe-databases.ts';

const people = ['one', 'two', 'three'];
const firstDay = Date.UTC(2026, 0, 1);

describeDatabases('how many prompts each model won against each other one', (database) => {
  beforeAll(async () => {
    await sql`
      insert into "user" (id, name, email)
      select id, id, id || '@example.org' from unnest(${people}::text[]) as id`.execute(database().db);
  });

  it.each([
    { repeats: 1, models: 4, prompts: 30 },
    { repeats: 2, models: 3, prompts: 40 },
    { repeats: 3, models: 2, prompts: 60 },
  ])('is what the rule says of each verdict by itself: %j', async ({ repeats, models, prompts }) => {
    const { db } = database();
    const chance = chanceFrom(repeats);
    for (let time = 0; time < 3; time++) {
      const id = randomUUID();
      const pairs = drawPairs(chance, { id, repeats, models, prompts });
      await db
        .insertInto('evaluation')
        .values({
          ...{ id, user_id: 'one', set_id: null, set_name: 'Mine', repeats, parameters: '{}', state: 'RUNNING' },
          model_ids: Array.from({ length: models }, (_, lane) => `lab/${lane}`),
          ...{ credits_max: 0, judge_of_family: false, stop_early: false },
        })
        .execute();
      await db
        .insertInto('evaluation_pair')
        .values(pairs.map(({ pair }) => pair))
        .execute();
      await db
        .insertInto('evaluation_verdict')
        .values(pairs.flatMap(({ verdicts }) => verdicts))
        .execute();
      const ofJudge: Said[] = pairs.flatMap(({ pair }) =>
        pair.first_said === null || pair.last_said === null ? [] : [{ ...pair, said: pair.judged ?? 'NONE' }],
      );
      expect(await findPairScores(db, { id, repeats }, { by: 'JUDGES' })).toEqual(scoresOf(ofJudge, repeats));
      const without = [0, 3, 4];
      const ofPeople: Said[] = pairs.flatMap(({ pair, verdicts }) => {
        const blind = verdicts.filter(({ blind, said }) => blind === true && said !== null);
        const [first] = blind.sort((a, b) => (a.judged_at?.getTime() ?? 0) - (b.judged_at?.getTime() ?? 0));
        return first && !without.includes(pair.position) ? [{ ...pair, said: first.said ?? 'NONE' }] : [];
      });
      const found = await findPairScores(db, { id, repeats }, { by: 'MEMBERS', without });
      expect(found).toEqual(scoresOf(ofPeople, repeats));
      expect(found.some(({ aWins, bWins }) => aWins > 0 && bWins > 0)).toBe(true);
    }
  });
});

test('the rule counts a prompt once, when all its repeats are judged, for the model that won more of them', () => {
  const said = (position: number, ...outcomes: Said['said'][]) =>
    outcomes.map((outcome) => ({ position, lane_a: 0, lane_b: 1, said: outcome }));
  expect(
    scoresOf(
      [...said(0, 'A', 'A', 'B'), ...said(1, 'A', 'B', 'TIE'), ...said(2, 'B', 'NONE', 'NONE'), ...said(3, 'A', 'A')],
      3,
    ),
  ).toEqual([{ a: 0, b: 1, aWins: 1, bWins: 1 }]);
});

interface Said {
  position: number;
  lane_a: number;
  lane_b: number;
  said: PairOutcome | 'ALL_BAD' | 'NONE';
}

/** The rule, verdict by verdict. */
function scoresOf(said: readonly Said[], repeats: number) {
  const prompts = new Map<string, { a: number; b: number; judged: number; balance: number }>();
  for (const { position, lane_a: a, lane_b: b, said: outcome } of said) {
    const key = `${a}/${b}/${position}`;
    const prompt = prompts.get(key) ?? { a, b, judged: 0, balance: 0 };
    prompt.judged += 1;
    prompt.balance += outcome === 'A' ? 1 : outcome === 'B' ? -1 : 0;
    prompts.set(key, prompt);
  }
  const scores = new Map<string, { a: number; b: number; aWins: number; bWins: number }>();
  for (const { a, b, judged, balance } of prompts.values()) {
    if (judged < repeats) continue;
    const score = scores.get(`${a}/${b}`) ?? { a, b, aWins: 0, bWins: 0 };
    if (balance > 0) score.aWins += 1;
    if (balance < 0) score.bWins += 1;
    scores.set(`${a}/${b}`, score);
  }
  return [...scores.values()].sort((one, other) => one.a - other.a || one.b - other.b);
}

/** Some pairs are missing, as where an answer failed; some are judged in one order only, and some by nobody. */
function drawPairs(
  chance: Chance,
  { id, repeats, models, prompts }: { id: string; repeats: number; models: number; prompts: number },
) {
  const one = <T>(...of: T[]) => of[Math.floor(chance.even() * of.length)] as T;
  const outcome = () => one<PairOutcome>('A', 'A', 'A', 'B', 'B', 'TIE');
  const places = Array.from({ length: prompts * repeats * models * models }, (_, place) => ({
    position: Math.floor(place / (repeats * models * models)),
    repeat: Math.floor(place / (models * models)) % repeats,
    lane_a: Math.floor(place / models) % models,
    lane_b: place % models,
  }));
  return places
    .filter(({ lane_a, lane_b }) => lane_a < lane_b && chance.even() < 0.9)
    .map((place) => {
      const judged = one(outcome(), null);
      const said = (isSaid: boolean) => (isSaid ? (judged ?? one('NONE' as const, outcome())) : null);
      const first_said = said(judged !== null || chance.even() < 0.9);
      const last_said = said(judged !== null || chance.even() < 0.8);
      const pair = { ...place, id: randomUUID(), evaluation_id: id, judged, first_said, last_said };
      const verdicts = people
        .filter(() => chance.even() < 0.8)
        .map((user_id) => {
          const isJudged = chance.even() < 0.9;
          return {
            ...{ id: randomUUID(), pair_id: pair.id, user_id, swapped: one(true, false) },
            said: isJudged ? one(outcome(), 'ALL_BAD' as const) : null,
            blind: isJudged ? chance.even() < 0.8 : null,
            judged_at: isJudged ? new Date(firstDay + Math.floor(chance.even() * 1e9)) : null,
          };
        });
      return { pair, verdicts };
    });
}
