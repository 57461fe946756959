import { type Posterior, posteriorAt } from './likelihood.ts';
import { inverseOf, type Matrix } from './matrix.ts';
import { countOutcomes, type Votes } from './votes.ts';

/** Of each strength, on the scale of logits, before anything was judged: it is as good as one verdict in two. */
export const PRIOR_VARIANCE = 1.5 ** 2;

/** The most likely strengths. */
export interface Fit {
  /** Of each model, on the scale of logits, with a mean of 0; behind them what a length's logarithm adds, if lengths count. */
  strengths: Float64Array;
  /** The inverse of the information: how far the strengths may be off if every vote stands for itself. */
  covariance: Matrix;
}

export interface FitOptions {
  /** How many of the votes count, from the first on. Default: all. */
  voteCount?: number;
  /** Infinity: no prior. The models must then be connected, and none may have won or lost everything. */
  priorVariance?: number;
  /** Where to begin, such as at the strengths of fewer votes. */
  from?: Float64Array | undefined;
}

const STEPS_MAX = 100;
/** Twice what a step adds to the posterior's logarithm, below which one more step leaves rounding only. */
const CLOSE = 1e-10;

/**
 * Finds the strengths with the highest posterior, by Newton's method. The posterior's logarithm is concave, and with a prior
 * strictly so: a step that is halved until it leads upwards enough always arrives.
 */
export function* fitStrengths(votes: Votes, options: FitOptions = {}): Generator<void, Fit> {
  const { voteCount = votes.outcomes.length, priorVariance = PRIOR_VARIANCE, from } = options;
  const counts = yield* countOutcomes(votes, voteCount);
  let strengths = Float64Array.from(from ?? new Float64Array(votes.modelCount + Number(votes.lengths !== null)));
  let posterior = yield* posteriorAt(votes, counts, strengths, priorVariance);
  for (let step = 0; step < STEPS_MAX; step++) {
    const direction = inverseOf(posterior.information).times(posterior.slope);
    const gain = posterior.slope.reduce((sum, slope, index) => sum + slope * (direction[index] as number), 0);
    if (gain < CLOSE) {
      strengths = strengths.map((strength, index) => strength + (direction[index] as number));
      posterior = yield* posteriorAt(votes, counts, strengths, priorVariance);
      break;
    }
    const next = yield* climb(votes, counts, { strengths, posterior, direction, gain, priorVariance });
    if (!next) break;
    ({ strengths, posterior } = next);
  }
  return { strengths, covariance: inverseOf(posterior.information) };
}

interface Climb {
  strengths: Float64Array<ArrayBuffer>;
  posterior: Posterior;
  direction: Float64Array;
  gain: number;
  priorVariance: number;
}

/** Takes the longest of the step, its half, its quarter and so on that leads upwards; null: only rounding is left. */
function* climb(
  votes: Votes,
  counts: Float64Array,
  { strengths, posterior, direction, gain, priorVariance }: Climb,
): Generator<void, { strengths: Float64Array<ArrayBuffer>; posterior: Posterior } | null> {
  for (let part = 1; part > 1e-9; part /= 2) {
    const there = strengths.map((strength, index) => strength + part * (direction[index] as number));
    const next = yield* posteriorAt(votes, counts, there, priorVariance);
    if (next.value >= posterior.value + 1e-4 * part * gain) return { strengths: there, posterior: next };
  }
  return null;
}
