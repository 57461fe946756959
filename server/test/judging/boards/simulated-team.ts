import { atOnce } from '../../../src/domain/ground/time-slice.ts';
import { fitStrengths } from '../../../src/domain/judging/ratings/fit.ts';
import { studentQuantile } from '../../../src/domain/judging/ratings/student.ts';
import { differenceOf, NORMAL, uncertaintyOf } from '../../../src/domain/judging/ratings/uncertainty.ts';
import { packVotes } from '../../../src/domain/judging/ratings/votes.ts';
import { inColumns, type Verdict, type VerdictLane } from './listed-verdicts.ts';

/*
 * Teams whose members judge five models of known strengths, each by their own taste: how often do intervals cover what is
 * true, and how often is a wrong model called the best?
 */

/** The strengths for everybody together, on the scale of logits, the best first: each beats the next in 57 of 100. */
const STRENGTHS = [0.6, 0.3, 0, -0.3, -0.6];
const MODELS = STRENGTHS.length;
const PAIRS = STRENGTHS.flatMap((_, one) =>
  STRENGTHS.slice(one + 1).map((_other, behind): [number, number] => [one, one + 1 + behind]),
);

export interface Team {
  members: number;
  verdicts: number;
  /** How much a member's own strength of a model differs from everybody's: a standard deviation, on the scale of logits. */
  taste: number;
  /** Absent: each member judges as much. HALF: one gives half of all verdicts. FEW: the second half as many as the first, and so on. */
  activity?: 'HALF' | 'FEW';
}

/** Shares of all that was looked at in some runs. */
export interface Quality {
  /** Of all differences, how many this rule's interval covers. */
  covered: number;
  /** How many the interval covers that takes every verdict for independent (sandwich, normal quantile). */
  coveredByIndependent: number;
  /** How many the interval covers that is clustered only, and how many Laplace's alone. */
  coveredByClustered: number;
  coveredByLaplace: number;
  /** Of all runs, in how many this rule says that it can tell the two best apart, and calls a wrong model the best. */
  surelyWrong: number;
  /** In how many it can tell the two best apart. */
  decided: number;
  /** In how many an Elo rating with K = 32 calls a wrong model the best, and in how many the fit does. */
  wrongByElo: number;
  wrongByFit: number;
}

/** @param seed what the chance begins with: the same seed gives the same runs */
export function measureQuality(team: Team, runs: number, seed: number): Quality {
  const chance = chanceFrom(seed);
  const truth = strengthsOfAll(team.taste);
  const sums = {
    ...{ covered: 0, coveredByIndependent: 0, coveredByClustered: 0, coveredByLaplace: 0 },
    ...{ surelyWrong: 0, decided: 0, wrongByElo: 0, wrongByFit: 0 },
  };
  for (let run = 0; run < runs; run++) {
    const verdicts = judge(team, chance);
    for (const [name, part] of Object.entries(look(verdicts, truth))) sums[name as keyof Quality] += part / runs;
  }
  return sums;
}

function look(verdicts: readonly Verdict[], truth: readonly number[]): Quality {
  const votes = atOnce(packVotes(inColumns(verdicts), MODELS));
  const fit = atOnce(fitStrengths(votes));
  const rule = atOnce(uncertaintyOf(votes, fit));
  const alone = { ...votes, clusters: votes.outcomes.map((_, vote) => vote), clusterCount: verdicts.length };
  const independent = atOnce(uncertaintyOf(alone, fit));
  // Without the two corrections for few clusters, which the public code does not make.
  const plain =
    NORMAL / studentQuantile(0.975, verdicts.length - 1) / Math.sqrt(verdicts.length / (verdicts.length - 1));
  const sums = { covered: 0, coveredByIndependent: 0, coveredByClustered: 0, coveredByLaplace: 0 };
  for (const [one, other] of PAIRS) {
    const weights = differenceOf(MODELS, one, other);
    const { value } = rule.of(weights);
    const off = Math.abs(value - ((truth[one] as number) - (truth[other] as number)));
    sums.covered += Number(off <= rule.reachOf(weights)) / PAIRS.length;
    sums.coveredByClustered += Number(off <= (rule.clusteredReachOf(weights) ?? 0)) / PAIRS.length;
    sums.coveredByLaplace += Number(off <= rule.laplaceReachOf(weights)) / PAIRS.length;
    const independentReach = (independent.clusteredReachOf(weights) ?? 0) * plain;
    sums.coveredByIndependent += Number(off <= independentReach) / PAIRS.length;
  }
  const [best = 0, second = 0] = inOrder([...fit.strengths]);
  const decided = rule.of(differenceOf(MODELS, best, second)).low > 0;
  return {
    ...sums,
    surelyWrong: Number(decided && best !== 0),
    decided: Number(decided),
    wrongByElo: Number(inOrder(eloOf(verdicts))[0] !== 0),
    wrongByFit: Number(best !== 0),
  };
}

function inOrder(strengths: readonly number[]): number[] {
  return strengths
    .map((_, model) => model)
    .sort((one, other) => (strengths[other] as number) - (strengths[one] as number));
}

/** Verdicts over two models that are drawn anew each time, by members who judge about the same number each. */
function judge({ members, verdicts, taste, activity }: Team, chance: Chance): Verdict[] {
  const tastes = Array.from({ length: members }, () => STRENGTHS.map((strength) => strength + taste * chance.normal()));
  return Array.from({ length: verdicts }, (_, index) => {
    const member = memberOf(index, members, activity, chance);
    const [one, other] = PAIRS[Math.floor(chance.even() * PAIRS.length)] as [number, number];
    const own = tastes[member] as number[];
    const isOneBest = chance.even() < 1 / (1 + Math.exp((own[other] as number) - (own[one] as number)));
    return { judge: member, cluster: member, at: index, lanes: [lane(one, isOneBest), lane(other, !isOneBest)] };
  });
}

function memberOf(index: number, members: number, activity: Team['activity'], chance: Chance): number {
  if (activity === 'HALF') return chance.even() < 0.5 ? 0 : 1 + (index % (members - 1));
  if (activity === 'FEW') return Math.floor(-Math.log2(1 - chance.even() * (1 - 2 ** -members)));
  return index % members;
}

function lane(model: number, best: boolean): VerdictLane {
  return { model, answer: 0, best, credits: 0, firstTokenMs: null, outputTokens: null, characters: 1 };
}

/**
 * What endless verdicts of endless such members come to: where tastes differ, everybody together prefers the better model less
 * clearly than each does. The strengths are found by Zermelo's method, which shares nothing with the fit.
 */
function strengthsOfAll(taste: number): number[] {
  const winOf = (one: number, other: number) =>
    meanOverNormal((normal) => {
      const difference = (STRENGTHS[one] as number) - (STRENGTHS[other] as number) + taste * Math.SQRT2 * normal;
      return 1 / (1 + Math.exp(-difference));
    });
  const wins = STRENGTHS.map((_, one) => STRENGTHS.map((_other, other) => (one === other ? 0 : winOf(one, other))));
  let worth = STRENGTHS.map(Math.exp);
  for (let round = 0; round < 500; round++) {
    worth = worth.map((own, one) => {
      const won = (wins[one] as number[]).reduce((sum, win) => sum + win, 0);
      const met = worth.reduce((sum, others, other) => sum + (other === one ? 0 : 1 / (own + others)), 0);
      return won / met;
    });
  }
  const logarithms = worth.map(Math.log);
  const mean = logarithms.reduce((sum, value) => sum + value, 0) / MODELS;
  return logarithms.map((value) => value - mean);
}

function meanOverNormal(of: (normal: number) => number): number {
  let sum = 0;
  let weights = 0;
  for (let normal = -6; normal <= 6; normal += 0.01) {
    const weight = Math.exp((-normal * normal) / 2);
    sum += weight * of(normal);
    weights += weight;
  }
  return sum / weights;
}

/** As chess players are rated: one verdict after the other, each moves both by a part of its surprise. */
function eloOf(verdicts: readonly Verdict[]): number[] {
  const ratings = STRENGTHS.map(() => 1000);
  for (const { lanes } of verdicts) {
    const [winner, loser] = lanes[0]?.best ? [lanes[0], lanes[1]] : [lanes[1], lanes[0]];
    if (!winner || !loser) continue;
    const gap = (ratings[loser.model] as number) - (ratings[winner.model] as number);
    const surprise = 1 - 1 / (1 + 10 ** (gap / 400));
    ratings[winner.model] = (ratings[winner.model] as number) + 32 * surprise;
    ratings[loser.model] = (ratings[loser.model] as number) - 32 * surprise;
  }
  return ratings;
}

export interface Chance {
  /** From 0 to below 1, each as likely. */
  even(): number;
  /** Normally distributed. */
  normal(): number;
}

/** Chance that repeats itself from the same seed (mulberry32). */
export function chanceFrom(seed: number): Chance {
  let state = seed;
  const even = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    even,
    normal: () => Math.sqrt(-2 * Math.log(1 - even())) * Math.cos(2 * Math.PI * even()),
  };
}
