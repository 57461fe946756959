import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { atOnce } from '../../../src/domain/ground/time-slice.ts';
import { fitStrengths } from '../../../src/domain/judging/ratings/fit.ts';
import { studentQuantile } from '../../../src/domain/judging/ratings/student.ts';
import { differenceOf, NORMAL, uncertaintyOf } from '../../../src/domain/judging/ratings/uncertainty.ts';
import { packVotes, type Votes } from '../../../src/domain/judging/ratings/votes.ts';
import { inColumns, type Verdict } from './listed-verdicts.ts';
import { chanceFrom } from './simulated-team.ts';

const NO_PRIOR = { priorVariance: Number.POSITIVE_INFINITY };

function verdict(models: readonly number[], best: readonly number[], { cluster = 0, characters = [1] } = {}): Verdict {
  const lanes = models.map((model, lane) => ({
    ...{ model, best: best.includes(lane), characters: characters[lane] ?? 1 },
    ...{ answer: 0, credits: 0, firstTokenMs: null, outputTokens: null },
  }));
  return { judge: cluster, cluster, at: 0, lanes };
}

function packed(verdicts: readonly Verdict[], modelCount: number, options?: { lengths?: boolean }): Votes {
  return atOnce(packVotes(inColumns(verdicts), modelCount, options));
}

/** A verdict for each time that a row beat a column. */
function beatings(table: readonly (readonly number[])[]): Verdict[] {
  return table.flatMap((row, winner) =>
    row.flatMap((times, loser) => Array.from({ length: times }, () => verdict([winner, loser], [0]))),
  );
}

test('the American League of 1987 has the strengths and standard errors that Agresti and R’s BradleyTerry2 give', () => {
  // Milwaukee, Detroit, Toronto, New York, Boston, Cleveland, Baltimore: Agresti, Categorical Data Analysis, section 10.6.
  const wins = [
    [0, 7, 9, 7, 7, 9, 11],
    [6, 0, 7, 5, 11, 9, 9],
    [4, 6, 0, 7, 7, 8, 12],
    [6, 8, 6, 0, 6, 7, 10],
    [6, 2, 6, 7, 0, 7, 12],
    [4, 4, 5, 6, 6, 0, 6],
    [2, 4, 1, 3, 1, 7, 0],
  ];
  const fit = atOnce(fitStrengths(packed(beatings(wins), 7), NO_PRIOR));
  const published = [
    [1.5814, 0.3433],
    [1.4364, 0.3396],
    [1.2945, 0.3367],
    [1.2476, 0.3359],
    [1.1077, 0.3339],
    [0.6839, 0.3319],
  ] as const;
  published.forEach(([strength, error], team) => {
    const aboveBaltimore = (fit.strengths[team] as number) - (fit.strengths[6] as number);
    expect(aboveBaltimore).toBeCloseTo(strength, 4);
    expect(Math.sqrt(fit.covariance.varianceOf(differenceOf(7, team, 6)))).toBeCloseTo(error, 4);
  });
});

test('journals of statistics have the strengths that Turner and Firth give', () => {
  // Biometrika, Communications in Statistics, JASA, JRSS-B: how often each was cited by the others (Stigler, 1994).
  const citations = [
    [0, 730, 498, 221],
    [33, 0, 68, 17],
    [320, 813, 0, 142],
    [284, 276, 325, 0],
  ];
  const fit = atOnce(fitStrengths(packed(beatings(citations), 4), NO_PRIOR));
  [-2.9491, -0.4796, 0.269].forEach((published, index) => {
    expect((fit.strengths[index + 1] as number) - (fit.strengths[0] as number)).toBeCloseTo(published, 4);
    const error = Math.sqrt(fit.covariance.varianceOf(differenceOf(4, index + 1, 0)));
    expect(error).toBeCloseTo([0.1025, 0.0606, 0.0708][index] as number, 4);
  });
});

test('the best of three is one choice: chances are what was chosen, and ties give equal parts', () => {
  const times = (count: number, best: number[]) => Array.from({ length: count }, () => verdict([0, 1, 2], best));
  const votes = packed([...times(5, [0]), ...times(2, [1]), ...times(1, [2]), ...times(2, [0, 1])], 3);
  const { strengths } = atOnce(fitStrengths(votes, NO_PRIOR));
  const worth = strengths.map(Math.exp);
  const sum = worth.reduce((all, one) => all + one, 0);
  [0.6, 0.3, 0.1].forEach((share, model) => {
    expect((worth[model] as number) / sum).toBeCloseTo(share, 9);
  });
});

test('verdicts by which all answers are bad change no strength', () => {
  const some = [verdict([0, 1], [0]), verdict([1, 2], [1])];
  const fitOf = (verdicts: Verdict[]) => atOnce(fitStrengths(packed(verdicts, 3))).strengths;
  expect(fitOf([...some, verdict([0, 1], []), verdict([0, 2], [])])).toEqual(fitOf(some));
});

/** Verdicts of every kind over up to six models, also over the same model twice. */
const verdicts = fc.array(
  fc
    .record({
      models: fc.array(fc.nat({ max: 5 }), { minLength: 2, maxLength: 5 }),
      best: fc.array(fc.nat({ max: 4 }), { maxLength: 3 }),
      cluster: fc.nat({ max: 4 }),
      characters: fc.array(fc.integer({ min: 0, max: 100_000 }), { minLength: 5, maxLength: 5 }),
    })
    .map(({ models, best, ...rest }) => verdict(models, best, rest)),
  { maxLength: 40 },
);

test('a fit arrives whatever was judged: nothing pulls the strengths further, their mean is 0, and intervals are finite', () => {
  void fc.assert(
    fc.property(verdicts, fc.integer({ min: 1, max: 200 }), fc.boolean(), (judged, times, lengths) => {
      const repeated = judged.flatMap((one) => (times > 190 ? Array.from({ length: times }, () => one) : [one]));
      const votes = packed(repeated, 6, { lengths });
      const fit = atOnce(fitStrengths(votes));
      for (const pull of pullOf(votes, fit.strengths)) expect(Math.abs(pull)).toBeLessThan(1e-4);
      expect(fit.strengths.slice(0, 6).reduce((sum, strength) => sum + strength, 0)).toBeCloseTo(0, 6);
      const uncertainty = atOnce(uncertaintyOf(votes, fit));
      const reach = uncertainty.reachOf(differenceOf(fit.strengths.length, 0, 1));
      expect(reach).toBeGreaterThanOrEqual(uncertainty.laplaceReachOf(differenceOf(fit.strengths.length, 0, 1)));
      expect(reach).toBeLessThan(Number.POSITIVE_INFINITY);
    }),
  );
});

/** How the posterior's logarithm changes with each strength, by small differences. */
function pullOf(votes: Votes, strengths: Float64Array): number[] {
  const step = 1e-5;
  return [...strengths].map((_, index) => {
    const moved = (by: number) => strengths.map((strength, other) => (other === index ? strength + by : strength));
    return (
      (logPosterior(votes, moved(step)) - logPosterior(votes, moved(-step))) / (2 * step) / (1 + votes.outcomes.length)
    );
  });
}

function logPosterior(
  { starts, models, shares, lengths, outcomes, modelCount }: Votes,
  strengths: Float64Array,
): number {
  const prior = strengths.reduce((sum, strength) => sum - strength ** 2 / 4.5, 0);
  const logit = (lane: number) =>
    (strengths[models[lane] as number] as number) +
    (lengths ? (strengths[modelCount] as number) * (lengths[lane] as number) : 0);
  return [...outcomes].reduce((sum, outcome) => {
    const [start = 0, end = 0] = starts.slice(outcome, outcome + 2);
    const lanes = Array.from({ length: end - start }, (_, lane) => start + lane);
    const all = Math.log(lanes.reduce((part, lane) => part + Math.exp(logit(lane)), 0));
    return sum + lanes.reduce((part, lane) => part + (shares[lane] as number) * (logit(lane) - all), 0);
  }, prior);
}

test('the order of verdicts and of answers changes no strength', () => {
  void fc.assert(
    fc.property(verdicts, (judged) => {
      const turned = judged.toReversed().map((one) => ({ ...one, lanes: one.lanes.toReversed() }));
      const [one, other] = [judged, turned].map((list) => atOnce(fitStrengths(packed(list, 6))).strengths);
      one?.forEach((strength, model) => {
        expect(other?.[model]).toBeCloseTo(strength, 6);
      });
    }),
  );
});

test('a model that only wrote longer answers is no better once lengths count', () => {
  const chance = chanceFrom(7);
  const judged = Array.from({ length: 3000 }, (_, index) => {
    const characters = [1000 * Math.exp(chance.normal()), 2000 * Math.exp(chance.normal())] as const;
    const isFirstBest = chance.even() < 1 / (1 + characters[1] / characters[0]);
    return verdict([0, 1], [isFirstBest ? 0 : 1], { cluster: index % 10, characters: [...characters] });
  });
  const plain = atOnce(fitStrengths(packed(judged, 2))).strengths;
  const controlled = atOnce(fitStrengths(packed(judged, 2, { lengths: true }))).strengths;
  expect((plain[1] as number) - (plain[0] as number)).toBeGreaterThan(0.4);
  expect(Math.abs((controlled[1] as number) - (controlled[0] as number))).toBeLessThan(0.2);
  expect(controlled[2]).toBeCloseTo(1, 0);
});

test('intervals are clustered by member: who judges alike all the time counts for little more than one', () => {
  const judged = Array.from({ length: 400 }, (_, index) =>
    verdict([0, 1], [index % 4 < 3 ? 0 : 1], { cluster: index % 4 }),
  );
  const votes = packed(judged, 2);
  const uncertainty = atOnce(uncertaintyOf(votes, atOnce(fitStrengths(votes))));
  const weights = differenceOf(2, 0, 1);
  // Of a mean of four: its standard error 0.25, by a slope of 3/16, at the quantile of 3 degrees of freedom.
  expect(uncertainty.clusteredReachOf(weights)).toBeCloseTo((studentQuantile(0.975, 3) * 0.25) / (3 / 16), 0);
  expect(uncertainty.reachOf(weights)).toBeGreaterThan(10 * uncertainty.laplaceReachOf(weights));
});

test('Student’s t has the quantiles of the printed tables', () => {
  const table = { 1: 12.7062, 2: 4.30265, 3: 3.18245, 4: 2.77645, 5: 2.57058, 9: 2.26216, 30: 2.04227, 120: 1.97993 };
  for (const [degrees, quantile] of Object.entries(table)) {
    expect(studentQuantile(0.975, Number(degrees))).toBeCloseTo(quantile, 4);
  }
  expect(studentQuantile(0.995, 5)).toBeCloseTo(4.03214, 4);
  expect(NORMAL).toBeCloseTo(1.959964, 5);
});
