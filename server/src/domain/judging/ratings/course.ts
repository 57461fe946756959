import { fitStrengths } from './fit.ts';
import { ratingOf } from './scale.ts';
import { aboveMean, type Estimate, uncertaintyOf } from './uncertainty.ts';
import type { Votes } from './votes.ts';

export interface Course {
  /** How long a step is. */
  by: 'WEEK' | 'MONTH';
  points: CoursePoint[];
}

/** The ratings from all verdicts up to the end of a week or month. */
export interface CoursePoint {
  /** When the week or month begins, in milliseconds since 1970: a Monday, or a first, in UTC. */
  from: number;
  verdicts: number;
  ratings: { model: number; rating: Estimate }[];
}

const DAY_MS = 24 * 3600 * 1000;
const POINTS_MAX = 26;

/**
 * How ratings came to be what they are: for each week (or month, if there are more than 26 weeks) in which was judged, from all
 * verdicts until then. The newest 26 points are kept.
 *
 * @param votes in the order of their times
 * @param clustersMin from how many clusters on there are ratings
 */
export function* courseOf(votes: Votes, clustersMin: number): Generator<void, Course> {
  const { times } = votes;
  const span = (times.at(-1) ?? 0) - (times[0] ?? 0);
  const by = span > POINTS_MAX * 7 * DAY_MS ? 'MONTH' : 'WEEK';
  const points: CoursePoint[] = [];
  let from: Float64Array | undefined;
  for (const { begin, voteCount } of periodsOf(times, by === 'WEEK' ? weekOf : monthOf).slice(-POINTS_MAX)) {
    const models = judgedModels(votes, voteCount);
    if (new Set(votes.clusters.slice(0, voteCount)).size < clustersMin) continue;
    const fit = yield* fitStrengths(votes, { voteCount, from });
    const uncertainty = yield* uncertaintyOf(votes, fit, voteCount);
    const ratings = models.map((model) => ({
      model,
      rating: ratingOf(uncertainty.of(aboveMean(fit.strengths.length, models, model))),
    }));
    from = fit.strengths;
    points.push({ from: begin, verdicts: voteCount, ratings });
  }
  return { by, points };
}

/** When each period with votes begins, and how many votes there are until its end. */
function periodsOf(times: readonly number[], beginOf: (time: number) => number) {
  const ends = new Map<number, number>();
  times.forEach((time, vote) => {
    ends.set(beginOf(time), vote + 1);
  });
  return [...ends].map(([begin, voteCount]) => ({ begin, voteCount }));
}

/** 1970-01-05 was a Monday. */
function weekOf(time: number): number {
  const monday = 4 * DAY_MS;
  return Math.floor((time - monday) / (7 * DAY_MS)) * 7 * DAY_MS + monday;
}

function monthOf(time: number): number {
  const date = new Date(time);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
}

function judgedModels({ starts, models, outcomes }: Votes, voteCount: number): number[] {
  const seen = new Set(outcomes.slice(0, voteCount));
  const judged = new Set<number>();
  for (const outcome of seen) {
    for (const model of models.slice(starts[outcome], starts[outcome + 1])) judged.add(model);
  }
  return [...judged].sort((one, other) => one - other);
}
