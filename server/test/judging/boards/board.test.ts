import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { atOnce } from '../../../src/domain/ground/time-slice.ts';
import { type Board, boardOf } from '../../../src/domain/judging/ratings/board.ts';
import { medianOf } from '../../../src/domain/judging/ratings/median.ts';
import { nextPairOf } from '../../../src/domain/judging/ratings/next-pair.ts';
import { chanceOf, sayChance } from '../../../src/domain/judging/ratings/scale.ts';
import { inColumns, type Verdict } from './listed-verdicts.ts';

const DAY_MS = 24 * 3600 * 1000;

interface Judged {
  judge?: number;
  at?: number;
  credits?: number[];
  /** Of the lanes; absent: they are answers that no other verdict compares. */
  answers?: number[];
}

let answersMade = 1_000_000;

function verdict(
  models: readonly number[],
  best: readonly number[],
  { judge = 0, at = 0, credits = [], answers = [] }: Judged = {},
): Verdict {
  const lanes = models.map((model, lane) => ({
    ...{ model, answer: answers[lane] ?? answersMade++, best: best.includes(lane), credits: credits[lane] ?? 100 },
    ...{ firstTokenMs: 200, outputTokens: 50, characters: 300 },
  }));
  return { judge, cluster: judge, at, lanes };
}

/** So many verdicts by six members in turn, of which the first model wins some. */
function duel(models: [number, number], wins: number, losses: number, rest: Judged = {}): Verdict[] {
  const of = (count: number, best: number) =>
    Array.from({ length: count }, (_, index) => verdict(models, [best], { judge: index % 6, ...rest }));
  return [...of(wins, 0), ...of(losses, 1)];
}

function board(verdicts: Verdict[], modelCount = 4, judgesMin = 3): Board {
  return atOnce(boardOf(inColumns(verdicts), { modelCount, judgesMin }));
}

/** The pair to judge next, if all models but these may be asked. */
function nextPair(judged: Board, gone: number[] = []) {
  return nextPairOf(judged, (model) => !gone.includes(model));
}

test('fewer than three members are counted and not rated', () => {
  const judged = [
    verdict([0, 1], [0]),
    verdict([0, 1], [0], { judge: 1 }),
    verdict([1, 0], [0, 1]),
    verdict([0, 2], []),
  ];
  const few = board(judged);
  const { state, verdicts, allBad, judges, rows, pairs, openPair, course } = few;
  expect({ state, verdicts, allBad, judges, openPair, nextPair: nextPair(few) }).toEqual({
    ...{ state: 'TOO_FEW_JUDGES', verdicts: 3, allBad: 1, judges: 2, openPair: null, nextPair: null },
  });
  expect(rows.map(({ model, wins, losses, ties, allBad }) => [model, wins, losses, ties, allBad])).toEqual([
    [0, 2, 0, 1, 1],
    [1, 0, 2, 1, 0],
    [2, 0, 0, 0, 1],
  ]);
  expect(rows.map(({ rating }) => rating)).toEqual([null, null, null]);
  expect(pairs).toEqual([{ one: 0, other: 1, oneWins: 2, otherWins: 0, ties: 1, chance: null, moreVerdicts: null }]);
  expect(course.points).toEqual([]);
  expect(board([]).state).toBe('NO_VERDICTS');
});

test('a clear best is told, with its ranks, its chance and its ratings around 1,000', () => {
  const judged = [...duel([0, 1], 54, 6), ...duel([0, 2], 54, 6), ...duel([1, 2], 30, 30), verdict([3, 0], [])];
  const clear = board(judged);
  const { state, rows, pairs, moreVerdicts } = clear;
  expect(state).toBe('DECIDED');
  expect(rows.map(({ model, rankBest, rankWorst, enough }) => [model, rankBest, rankWorst, enough])).toEqual([
    [0, 1, 1, true],
    [1, 2, 3, true],
    [2, 2, 3, true],
    [3, 1, 4, false],
  ]);
  const ratings = rows.flatMap(({ rating }) => rating?.value ?? []);
  expect(ratings.reduce((sum, rating) => sum + rating, 0) / 3).toBeCloseTo(1000, 6);
  const chance = pairs.find(({ one, other }) => one === 0 && other === 1)?.chance;
  expect(chance?.value).toBeCloseTo(0.9, 1);
  expect(moreVerdicts).toBe(0);
  expect(nextPair(clear)).toEqual([rows[1]?.model, rows[2]?.model]);
  expect(nextPair(clear, [1])).toBeNull();
});

test('the best is not told while a third model that was judged little may be better, and that is the pair to judge next', () => {
  const judged = [...duel([0, 1], 168, 72), verdict([1, 2], [0], { judge: 0 }), verdict([1, 2], [0], { judge: 1 })];
  const open = board(judged, 3);
  expect(open.rows.map(({ model, rankBest, rankWorst }) => [model, rankBest, rankWorst])).toEqual([
    [0, 1, 2],
    [1, 2, 3],
    [2, 1, 3],
  ]);
  expect(open).toMatchObject({ state: 'CANNOT_TELL', openPair: [0, 2] });
  expect(nextPair(open)).toEqual([0, 2]);
  expect(nextPair(open, [0])).toEqual([1, 2]);
  const decided = board([...judged, ...duel([0, 2], (open.moreVerdicts as number) + 6, 0)], 3);
  expect(decided).toMatchObject({ state: 'DECIDED', openPair: null, moreVerdicts: 0 });
});

test('of two that cannot be told apart, so many more verdicts are said to be likely to decide as then do', () => {
  const before = board(duel([0, 1], 56, 44), 2);
  expect(before.state).toBe('CANNOT_TELL');
  expect(nextPair(before)).toEqual([0, 1]);
  const more = before.moreVerdicts as number;
  const after = (part: number) => {
    const count = 100 + Math.round(more * part);
    return board(duel([0, 1], Math.round(count * 0.56), Math.round(count * 0.44)), 2).state;
  };
  expect(after(0.8)).toBe('CANNOT_TELL');
  expect(after(1.25)).toBe('DECIDED');
  expect(board(duel([0, 1], 50, 50), 2).moreVerdicts).toBeNull();
});

test('models that nothing connects are not compared, and the pair to judge next connects them', () => {
  const apart = board([...duel([0, 1], 40, 5), ...duel([2, 3], 40, 5)]);
  const { groups, pairs, rows } = apart;
  expect(groups).toEqual([
    [0, 1],
    [2, 3],
  ]);
  expect(pairs.map(({ one, other }) => [one, other])).toEqual([
    [0, 1],
    [2, 3],
  ]);
  expect(rows.every(({ rankBest, rankWorst }) => rankWorst - rankBest === 2)).toBe(true);
  expect(groups.map((group) => group.filter((model) => nextPair(apart)?.includes(model)).length)).toEqual([1, 1]);
});

test('what is better or cheaper than all others is efficient, and a win is set against its credits', () => {
  const judged = [
    ...duel([0, 1], 40, 20, { credits: [1000, 10] }),
    ...duel([0, 2], 40, 20, { credits: [1000, 2000] }),
    ...duel([1, 2], 40, 20, { credits: [10, 2000] }),
  ];
  const { rows } = board(judged, 3);
  expect(rows.map(({ model, efficient }) => [model, efficient])).toEqual([
    [0, true],
    [1, true],
    [2, false],
  ]);
  const [best] = rows;
  expect(best).toMatchObject({ credits: { value: 1000, low: 1000, high: 1000 }, firstTokenMs: 200, outputTokens: 50 });
  expect(best?.winRate).toBeCloseTo(2 / 3, 9);
  expect(best?.winRatePer1000Credits).toBeCloseTo(2 / 3, 9);
});

test('verdicts on one prompt alone tell no more than one of them, and on many prompts as much as they are', () => {
  const judged = duel([0, 1], 40, 10);
  const on = (prompts: number) => judged.map((one, index) => ({ ...one, judge: 0, cluster: index % prompts }));
  expect(board(on(1), 2, 1).state).toBe('CANNOT_TELL');
  expect(board(on(50), 2, 1).state).toBe('DECIDED');
});

test('the figures of an answer count once, in however many verdicts it was compared', () => {
  const judged = Array.from({ length: 12 }, (_, index) =>
    verdict([0, 1], [0], { judge: index, answers: [7, index % 2], credits: [500, index % 2 === 0 ? 10 : 30] }),
  );
  expect(board(judged, 2).rows).toMatchObject([
    { wins: 12, credits: { value: 500, low: null, high: null } },
    { losses: 12, credits: { value: 20, low: null, high: null } },
  ]);
});

test('the course has a point for each week that was judged in, and ends with the ratings of the board', () => {
  const weeks = [0, 0, 1, 3].map((week) => Date.UTC(2026, 0, 7) + week * 7 * DAY_MS);
  const judged = weeks.flatMap((at) => duel([0, 1], 6, 3, { at }));
  const { course, rows } = board(judged, 2);
  expect(course.by).toBe('WEEK');
  expect(course.points.map(({ from, verdicts }) => [new Date(from).toISOString().slice(0, 10), verdicts])).toEqual([
    ['2026-01-05', 18],
    ['2026-01-12', 27],
    ['2026-01-26', 36],
  ]);
  const last = course.points.at(-1)?.ratings.find(({ model }) => model === 0)?.rating;
  expect(last?.value).toBeCloseTo(rows[0]?.rating?.value as number, 3);
  expect(last?.low).toBeCloseTo(rows[0]?.rating?.low as number, 3);
  expect(board(duel([0, 1], 6, 3).concat(duel([0, 1], 6, 3, { at: 400 * DAY_MS })), 2).course.by).toBe('MONTH');
});

test('on every board each rated model has its place among its ranks, and comparisons add up', () => {
  const few = fc.array(
    fc
      .record({
        models: fc.array(fc.nat({ max: 4 }), { minLength: 2, maxLength: 4 }),
        best: fc.array(fc.nat({ max: 3 }), { maxLength: 3 }),
        judge: fc.nat({ max: 5 }),
        credits: fc.array(fc.nat({ max: 5000 }), { minLength: 4, maxLength: 4 }),
      })
      .map(({ models, best, ...rest }) => verdict(models, best, rest)),
    { maxLength: 60 },
  );
  const bout = fc.record({ wins: fc.nat({ max: 60 }), losses: fc.nat({ max: 15 }) });
  // One model against some others: of such it can often be told that it is the best.
  const many = fc
    .tuple(fc.subarray([1, 2, 3, 4]), fc.array(bout, { minLength: 4, maxLength: 4 }))
    .map(([others, bouts]) =>
      others.flatMap((other, index) => duel([0, other], bouts[index]?.wins ?? 0, bouts[index]?.losses ?? 0)),
    );
  const judged = fc.oneof(
    few,
    many,
    fc.tuple(few, many).map((parts) => parts.flat()),
  );
  const met = new Map<Board['state'], number>();
  void fc.assert(
    fc.property(judged, (verdicts) => {
      const { rows, pairs, state, openPair } = board(verdicts, 5);
      met.set(state, (met.get(state) ?? 0) + 1);
      const rated = rows.filter(({ rating }) => rating !== null);
      rated.forEach(({ rankBest, rankWorst, rating }, place) => {
        expect(rankBest).toBeLessThanOrEqual(place + 1);
        expect(rankWorst).toBeGreaterThanOrEqual(place + 1);
        if (rated.length > 1) expect(rating?.low).toBeLessThan(rating?.value as number);
      });
      if (rated.length > 0) expect(rated.some(({ efficient }) => efficient)).toBe(true);
      const sum = (of: (row: Board['rows'][number]) => number) => rows.reduce((all, row) => all + of(row), 0);
      expect(sum(({ wins }) => wins)).toBe(sum(({ losses }) => losses));
      expect(sum(({ wins }) => wins)).toBe(pairs.reduce((all, { oneWins, otherWins }) => all + oneWins + otherWins, 0));
      expect(sum(({ ties }) => ties)).toBe(2 * pairs.reduce((all, { ties }) => all + ties, 0));
      expect(state === 'DECIDED').toBe(rated.length > 1 && rated[0]?.rankWorst === 1);
      expect(openPair !== null).toBe(rated.length > 1 && state !== 'DECIDED');
    }),
  );
  expect([...met.keys()]).toEqual(expect.arrayContaining(['DECIDED', 'CANNOT_TELL']));
});

test('a chance is said as people understand it', () => {
  expect(sayChance('A', 'B', { value: 0.62, low: 0.48, high: 0.75 })).toBe(
    'A beats B in 62 of 100, 48 to 75: cannot tell yet',
  );
  expect(sayChance('A', 'B', chanceOf({ value: 1, low: 0.5, high: 1.5 }))).toBe('A beats B in 73 of 100, 62 to 82');
});

test('a median and its interval are values of the sorted list, and there is no interval for fewer than eight values', () => {
  expect(medianOf([])).toBeNull();
  expect(medianOf([3, 1, 2])).toEqual({ value: 2, low: null, high: null });
  expect(medianOf(Array.from({ length: 100 }, (_, index) => 100 - index))).toEqual({ value: 50.5, low: 40, high: 61 });
  void fc.assert(
    fc.property(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 8, maxLength: 300 }), (values) => {
      const sorted = values.toSorted((one, other) => one - other);
      const place = Math.floor((values.length - 1.96 * Math.sqrt(values.length)) / 2) - 1;
      const ends = place < 0 ? [null, null] : [sorted.at(place), sorted.at(-1 - place)];
      const middle = ((sorted[(values.length - 1) >> 1] ?? 0) + (sorted[values.length >> 1] ?? 0)) / 2;
      const { value, low, high } = medianOf(values) ?? {};
      expect([value, low, high]).toEqual([middle, ...ends]);
    }),
  );
});
