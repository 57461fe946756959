import type { Fit } from './fit.ts';
import { chancesOf, widest } from './likelihood.ts';
import { Matrix } from './matrix.ts';
import { studentQuantile } from './student.ts';
import type { Votes } from './votes.ts';

/** An estimate and the ends of its interval of 95 %. */
export interface Estimate {
  value: number;
  low: number;
  high: number;
}

/** The quantile of the normal distribution for an interval of 95 %. */
export const NORMAL = studentQuantile(0.975, Number.POSITIVE_INFINITY);

/**
 * How far the strengths may be off. Of everything that is asked of it, the wider of two intervals holds: Laplace's, by which
 * every vote stands for itself, and the one that is clustered, by which a member's votes hang together, since members differ in
 * taste. The second alone is too narrow where few have judged little.
 */
export class Uncertainty {
  readonly fit: Fit;
  readonly #clustered: Matrix | null;
  readonly #student: number;
  readonly #widening: number;

  /**
   * @param clustered null: there is one cluster only, which tells nothing of how they differ
   * @param degrees of freedom of Student's t; of one cluster only, how many votes it has
   */
  constructor(fit: Fit, clustered: Matrix | null, degrees: number) {
    this.fit = fit;
    this.#clustered = clustered;
    this.#student = clustered ? studentQuantile(0.975, degrees) : 0;
    // All of its votes together may tell no more than one of them.
    this.#widening = clustered ? 1 : Math.sqrt(Math.max(1, degrees));
  }

  /** A weighted sum of strengths, such as the difference of two. */
  of(weights: ArrayLike<number>): Estimate {
    let value = 0;
    for (let index = 0; index < weights.length; index++) {
      value += (weights[index] as number) * (this.fit.strengths[index] as number);
    }
    const reach = this.reachOf(weights);
    return { value, low: value - reach, high: value + reach };
  }

  /** Half the width of the sum's interval. */
  reachOf(weights: ArrayLike<number>): number {
    return Math.max(this.#widening * this.laplaceReachOf(weights), this.clusteredReachOf(weights) ?? 0);
  }

  laplaceReachOf(weights: ArrayLike<number>): number {
    return NORMAL * Math.sqrt(this.fit.covariance.varianceOf(weights));
  }

  /** Null: there is one cluster only. */
  clusteredReachOf(weights: ArrayLike<number>): number | null {
    return this.#clustered && this.#student * Math.sqrt(this.#clustered.varianceOf(weights));
  }
}

/** Finds out how far the strengths may be off, from the same votes. */
export function* uncertaintyOf(
  votes: Votes,
  fit: Fit,
  { voteCount = votes.outcomes.length, byCluster }: { voteCount?: number; byCluster?: VotesByCluster } = {},
): Generator<void, Uncertainty> {
  const sizes = (yield* sizesOf(votes, voteCount)).filter((size) => size > 0);
  if (sizes.length < 2) return new Uncertainty(fit, null, voteCount);
  const scores = yield* clusterScores(votes, fit, byCluster ?? (yield* votesByCluster(votes)), voteCount);
  const clustered = fit.covariance.around(scores, sizes.length / (sizes.length - 1));
  return new Uncertainty(fit, clustered, degreesOf(sizes));
}

/** How many of the first votes each cluster has. */
function* sizesOf({ clusters, clusterCount }: Votes, voteCount: number): Generator<void, Float64Array> {
  const sizes = new Float64Array(clusterCount);
  for (let vote = 0; vote < voteCount; vote++) {
    if (vote % 65_536 === 65_535) yield;
    const cluster = clusters[vote] as number;
    sizes[cluster] = (sizes[cluster] as number) + 1;
  }
  return sizes;
}

/**
 * The degrees of freedom: one less than there are clusters if all are of one size. If one has most of the votes, the others tell
 * little of how clusters differ: then as many count as there would be of one size with votes as concentrated.
 */
function degreesOf(sizes: Float64Array): number {
  const sum = sizes.reduce((all, size) => all + size, 0);
  const squares = sizes.reduce((all, size) => all + size * size, 0);
  return Math.max(1, (sum * sum) / squares - 1);
}

/** The votes of all clusters, one cluster after the other, each in the order of the votes. */
export interface VotesByCluster {
  /** Those of cluster c are from starts[c] up to, and without, starts[c + 1]. */
  starts: Uint32Array;
  votes: Uint32Array;
}

export function* votesByCluster(all: Votes): Generator<void, VotesByCluster> {
  const { clusters, clusterCount } = all;
  const starts = new Uint32Array(clusterCount + 1);
  (yield* sizesOf(all, clusters.length)).forEach((size, cluster) => {
    starts[cluster + 1] = (starts[cluster] as number) + size;
  });
  const places = starts.slice();
  const votes = new Uint32Array(clusters.length);
  for (let vote = 0; vote < votes.length; vote++) {
    if (vote % 65_536 === 65_535) yield;
    const cluster = clusters[vote] as number;
    const place = places[cluster] as number;
    votes[place] = vote;
    places[cluster] = place + 1;
  }
  return { starts, votes };
}

/** The sum, over the clusters, of the square (outer product) of what the first votes of one pull the strengths. */
function* clusterScores(
  votes: Votes,
  { strengths }: Fit,
  byCluster: VotesByCluster,
  voteCount: number,
): Generator<void, Matrix> {
  const scores = new Matrix(strengths.length);
  const pulls = yield* lanePulls(votes, strengths);
  const score = new Score(strengths.length);
  let work = 0;
  for (let cluster = 0; cluster < votes.clusterCount; cluster++) {
    const end = byCluster.starts[cluster + 1] as number;
    for (let place = byCluster.starts[cluster] as number; place < end; place++) {
      const vote = byCluster.votes[place] as number;
      if (vote >= voteCount) break;
      if (++work % 4096 === 0) yield;
      addPull(votes, pulls, votes.outcomes[vote] as number, score);
    }
    score.addSquare(scores);
    work += score.size ** 2;
    score.clear();
  }
  return scores;
}

/** What each lane of each outcome pulls its model's strength: its part of the choice less its chance. */
function* lanePulls(votes: Votes, strengths: Float64Array): Generator<void, Float64Array> {
  const { starts, shares } = votes;
  const pulls = new Float64Array(shares.length);
  const chances = new Float64Array(widest(starts));
  for (let outcome = 0; outcome + 1 < starts.length; outcome++) {
    if (outcome % 2048 === 2047) yield;
    const start = starts[outcome] as number;
    const end = starts[outcome + 1] as number;
    chancesOf(votes, strengths, start, end, chances);
    for (let lane = start; lane < end; lane++) {
      pulls[lane] = (shares[lane] as number) - (chances[lane - start] as number);
    }
  }
  return pulls;
}

function addPull(
  { modelCount, starts, models, lengths }: Votes,
  pulls: Float64Array,
  outcome: number,
  score: Score,
): void {
  for (let lane = starts[outcome] as number; lane < (starts[outcome + 1] as number); lane++) {
    const model = models[lane] as number;
    const pull = pulls[lane] as number;
    score.add(model, pull);
    if (lengths) score.add(modelCount, pull * (lengths[lane] as number));
  }
}

/** What the votes of a cluster pull the strengths, of which most clusters pull few. */
class Score {
  readonly #pulls: Float64Array;
  readonly #isPulled: Uint8Array;
  readonly #pulled: number[] = [];

  constructor(size: number) {
    this.#pulls = new Float64Array(size);
    this.#isPulled = new Uint8Array(size);
  }

  /** How many strengths are pulled. */
  get size(): number {
    return this.#pulled.length;
  }

  add(index: number, pull: number): void {
    this.#pulls[index] = (this.#pulls[index] as number) + pull;
    if (this.#isPulled[index] === 1) return;
    this.#isPulled[index] = 1;
    this.#pulled.push(index);
  }

  /** Adds its outer product with itself. */
  addSquare(to: Matrix): void {
    for (const row of this.#pulled) {
      const pull = this.#pulls[row] as number;
      for (const column of this.#pulled) to.add(row, column, pull * (this.#pulls[column] as number));
    }
  }

  clear(): void {
    for (const index of this.#pulled) this.#pulls[index] = this.#isPulled[index] = 0;
    this.#pulled.length = 0;
  }
}

/** The weights of the difference between two strengths. */
export function differenceOf(count: number, one: number, other: number): Float64Array {
  const weights = new Float64Array(count);
  weights[one] = 1;
  weights[other] = (weights[other] as number) - 1;
  return weights;
}

/** The weights of the difference between a strength and the mean of some models, of which its own is one. */
export function aboveMean(count: number, models: readonly number[], model: number): Float64Array {
  const weights = new Float64Array(count);
  for (const other of models) weights[other] = -1 / models.length;
  weights[model] = (weights[model] as number) + 1;
  return weights;
}
