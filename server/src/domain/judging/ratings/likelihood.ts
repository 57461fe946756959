import { Matrix } from './matrix.ts';
import type { Votes } from './votes.ts';

/** The logarithm of the posterior at some strengths, its slope, and its curvature (the information: minus the Hessian). */
export interface Posterior {
  value: number;
  slope: Float64Array;
  information: Matrix;
}

/**
 * @param strengths of each model; behind them, if lengths count, what a length's logarithm adds
 * @param counts how often each outcome was chosen
 * @param priorVariance of each of them, on the scale of logits; Infinity: no prior
 */
export function* posteriorAt(
  votes: Votes,
  counts: ArrayLike<number>,
  strengths: Float64Array,
  priorVariance: number,
): Generator<void, Posterior> {
  const posterior = priorAt(votes.modelCount, strengths, priorVariance);
  const { starts } = votes;
  const chances = new Float64Array(widest(starts));
  for (let outcome = 0; outcome < counts.length; outcome++) {
    if (outcome % 1024 === 1023) yield;
    const count = counts[outcome] as number;
    if (count === 0) continue;
    const start = starts[outcome] as number;
    const end = starts[outcome + 1] as number;
    posterior.value += count * chancesOf(votes, strengths, start, end, chances);
    addSlope(posterior.slope, votes, { start, end, count }, chances);
    addInformation(posterior.information, votes, { start, end, count }, chances);
  }
  return posterior;
}

function priorAt(modelCount: number, strengths: Float64Array, variance: number): Posterior {
  const information = new Matrix(strengths.length);
  const slope = strengths.map((strength) => -strength / variance);
  for (let index = 0; index < strengths.length; index++) information.add(index, index, 1 / variance);
  if (variance === Number.POSITIVE_INFINITY) {
    // Choices know differences only. This keeps the sum of all strengths as it is, and changes no difference.
    for (let row = 0; row < modelCount; row++) {
      for (let column = 0; column < modelCount; column++) information.add(row, column, 1 / modelCount);
    }
  }
  const value = strengths.reduce((sum, strength) => sum - strength ** 2 / (2 * variance), 0);
  return { value, slope, information };
}

/** The most lanes that an outcome has. */
export function widest(starts: ArrayLike<number>): number {
  let most = 1;
  for (let outcome = 1; outcome < starts.length; outcome++) {
    most = Math.max(most, (starts[outcome] as number) - (starts[outcome - 1] as number));
  }
  return most;
}

/** Fills in each lane's chance of being chosen. @returns the logarithm of the outcome's likelihood */
export function chancesOf(
  { modelCount, models, shares, lengths }: Votes,
  strengths: Float64Array,
  start: number,
  end: number,
  chances: Float64Array,
): number {
  const perLength = lengths ? (strengths[modelCount] as number) : 0;
  let highest = Number.NEGATIVE_INFINITY;
  for (let lane = start; lane < end; lane++) {
    const length = lengths ? (lengths[lane] as number) : 0;
    const logit = (strengths[models[lane] as number] as number) + perLength * length;
    chances[lane - start] = logit;
    highest = Math.max(highest, logit);
  }
  let sum = 0;
  let chosen = 0;
  for (let lane = start; lane < end; lane++) {
    const logit = (chances[lane - start] as number) - highest;
    chosen += (shares[lane] as number) * logit;
    chances[lane - start] = Math.exp(logit);
    sum += chances[lane - start] as number;
  }
  for (let lane = start; lane < end; lane++) chances[lane - start] = (chances[lane - start] as number) / sum;
  return chosen - Math.log(sum);
}

interface CountedOutcome {
  start: number;
  end: number;
  count: number;
}

function addSlope(
  slope: Float64Array,
  { modelCount, models, shares, lengths }: Votes,
  { start, end, count }: CountedOutcome,
  chances: Float64Array,
): void {
  for (let lane = start; lane < end; lane++) {
    const model = models[lane] as number;
    const residual = count * ((shares[lane] as number) - (chances[lane - start] as number));
    slope[model] = (slope[model] as number) + residual;
    if (lengths) slope[modelCount] = (slope[modelCount] as number) + residual * (lengths[lane] as number);
  }
}

function addInformation(
  information: Matrix,
  { modelCount, models, lengths }: Votes,
  { start, end, count }: CountedOutcome,
  chances: Float64Array,
): void {
  let mean = 0;
  if (lengths) {
    for (let lane = start; lane < end; lane++) mean += (chances[lane - start] as number) * (lengths[lane] as number);
  }
  for (let lane = start; lane < end; lane++) {
    const model = models[lane] as number;
    const chance = count * (chances[lane - start] as number);
    information.add(model, model, chance);
    for (let other = start; other < end; other++) {
      information.add(model, models[other] as number, -chance * (chances[other - start] as number));
    }
    if (!lengths) continue;
    const length = (lengths[lane] as number) - mean;
    information.add(model, modelCount, chance * length);
    information.add(modelCount, model, chance * length);
    information.add(modelCount, modelCount, chance * length * length);
  }
}
