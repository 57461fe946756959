import { fitStrengths } from './fit.ts';
import { ratingOf } from './scale.ts';
import { aboveMean, type Estimate, uncertaintyOf, votesByCluster } from './uncertainty.ts';
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
  const periods = (yield* periodsOf(times, by === 'WEEK' ? weekOf : monthOf)).slice(-POINTS_MAX);
  const byCluster = yield* votesByCluster(votes);
  const judged = new Judged(votes);
  const points: CoursePoint[] = [];
  let from: Float64Array | undefined;
  for (const { begin, voteCount } of periods) {
    yield* judged.addUntil(voteCount);
    if (judged.clusters.size < clustersMin) continue;
    const fit = yield* fitStrengths(votes, { voteCount, from });
    const uncertainty = yield* uncertaintyOf(votes, fit, { voteCount, byCluster });
    const models = [...judged.models].sort((one, other) => one - other);
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
function* periodsOf(
  times: Float64Array,
  periodOf: (time: number) => Period,
): Generator<void, { begin: number; voteCount: number }[]> {
  const ends = new Map<number, number>();
  let period: Period = { begin: 0, end: 0 };
  for (let vote = 0; vote < times.length; vote++) {
    if (vote % 65_536 === 65_535) yield;
    const time = times[vote] as number;
    if (time < period.begin || time >= period.end) period = periodOf(time);
    ends.set(period.begin, vote + 1);
  }
  return [...ends].map(([begin, voteCount]) => ({ begin, voteCount }));
}

interface Period {
  begin: number;
  /** Not included. */
  end: number;
}

/** 1970-01-05 was a Monday. */
function weekOf(time: number): Period {
  const monday = 4 * DAY_MS;
  const begin = Math.floor((time - monday) / (7 * DAY_MS)) * 7 * DAY_MS + monday;
  return { begin, end: begin + 7 * DAY_MS };
}

function monthOf(time: number): Period {
  const date = new Date(time);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return { begin: Date.UTC(year, month, 1), end: Date.UTC(year, month + 1, 1) };
}

/** Which models and clusters are in the first votes. */
class Judged {
  readonly models = new Set<number>();
  readonly clusters = new Set<number>();
  readonly #votes: Votes;
  #count = 0;

  constructor(votes: Votes) {
    this.#votes = votes;
  }

  *addUntil(voteCount: number): Generator<void> {
    const { starts, models, outcomes, clusters } = this.#votes;
    for (; this.#count < voteCount; this.#count++) {
      if (this.#count % 8192 === 8191) yield;
      const outcome = outcomes[this.#count] as number;
      this.clusters.add(clusters[this.#count] as number);
      for (let lane = starts[outcome] as number; lane < (starts[outcome + 1] as number); lane++) {
        this.models.add(models[lane] as number);
      }
    }
  }
}
