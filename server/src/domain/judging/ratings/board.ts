import { groupsOf } from './connections.ts';
import { type Counts, countVerdicts, type ModelCounts, winRateOf } from './counts.ts';
import { type Course, courseOf } from './course.ts';
import { fitStrengths } from './fit.ts';
import { type Median, medianOf } from './median.ts';
import { chanceOf, ratingOf } from './scale.ts';
import { type Differences, differencesOf, openPairOf, type Pair, ranksOf } from './standings.ts';
import { aboveMean, type Estimate, type Uncertainty, uncertaintyOf } from './uncertainty.ts';
import type { Verdicts } from './verdicts.ts';
import { packVotes } from './votes.ts';

export interface Board {
  /**
   * NO_VERDICTS: none says which answer is best. TOO_FEW_JUDGES: there are counts and no ratings. CANNOT_TELL: which is best.
   * DECIDED: the best is told apart from all others.
   */
  state: 'NO_VERDICTS' | 'TOO_FEW_JUDGES' | 'CANNOT_TELL' | 'DECIDED';
  /** How many say which answer is best, or that some are equally good. */
  verdicts: number;
  /** How many say that all answers are bad. They change no rating. */
  allBad: number;
  judges: number;
  /** What part of the verdicts the judge gave who gave most. */
  mostByOne: number;
  /** The best rating first, then those without one by their verdicts. */
  rows: BoardRow[];
  /** All pairs of rated models, and others that were compared; the better one first. */
  pairs: BoardPair[];
  /** Models that can be compared, directly or over others; one list if all can be. */
  groups: number[][];
  /** What keeps the best from being told, the best rated first: see openPairOf. Null: nothing does, or nothing is known. */
  openPair: Pair | null;
  /** How many verdicts are likely to decide between these two: see verdictsToDecide. 0: the best is told. */
  moreVerdicts: number | null;
  /** By what factor the odds of an answer change that is twice as long as another; null: there are no ratings. */
  lengthOdds: Estimate | null;
  course: Course;
}

export interface BoardRow {
  model: number;
  /** Points: see ratingOf. Null: there are no ratings, or the model was in no verdict that counts. */
  rating: Estimate | null;
  /** The rating for answers as long as the others'. */
  lengthControlled: Estimate | null;
  /** From 1; without a rating, every rank. */
  rankBest: number;
  rankWorst: number;
  /** Whether the verdicts tell it from at least one other model. */
  enough: boolean;
  verdicts: number;
  allBad: number;
  wins: number;
  losses: number;
  ties: number;
  winRate: number | null;
  /** For an answer. */
  credits: Median | null;
  /** Null: the answers are free, or there is no win rate. */
  winRatePer1000Credits: number | null;
  firstTokenMs: number | null;
  outputTokens: number | null;
  characters: number | null;
  /** Whether no other model is at least as good and costs no more. */
  efficient: boolean;
}

export interface BoardPair {
  one: number;
  other: number;
  oneWins: number;
  otherWins: number;
  ties: number;
  /** How likely the one beats the other; null: nothing is known of it. */
  chance: Estimate | null;
  /** How many verdicts are likely to decide which is better: see verdictsToDecide. */
  moreVerdicts: number | null;
}

export interface BoardOptions {
  modelCount: number;
  /** From how many judges on there are ratings: fewer tell nothing of how judges differ. */
  judgesMin: number;
}

/**
 * Works a leaderboard out. It yields where others may go on.
 *
 * @param verdicts in the order of their times
 */
export function* boardOf(verdicts: Verdicts, options: BoardOptions): Generator<void, Board> {
  const { modelCount, judgesMin } = options;
  const counts = yield* countVerdicts(verdicts, modelCount);
  const groups = groupsOf(modelCount, counts.pairs.values());
  const rated = counts.judges.size >= judgesMin ? yield* rate(verdicts, counts, options) : null;
  const differences = rated && differencesOf(rated.uncertainty, groups);
  const rows = efficientOnes(yield* rowsOf(counts, rated, differences));
  const models = rows.filter(({ rating }) => rating).map(({ model }) => model);
  const openPair = differences && openPairOf(models, differences.toDecide);
  const decided = models.length > 1 && openPair === null;
  return {
    state:
      counts.verdicts === 0 ? 'NO_VERDICTS' : rated === null ? 'TOO_FEW_JUDGES' : decided ? 'DECIDED' : 'CANNOT_TELL',
    verdicts: counts.verdicts,
    allBad: counts.allBad,
    judges: counts.judges.size,
    mostByOne: counts.verdicts === 0 ? 0 : Math.max(...counts.judges.values()) / counts.verdicts,
    rows,
    pairs: yield* pairsOf(rows, counts, differences),
    groups: listsOf(groups, counts),
    openPair,
    moreVerdicts: decided ? 0 : openPair && (differences?.toDecide(...openPair) ?? null),
    lengthOdds: rated?.lengthOdds ?? null,
    course: rated?.course ?? { by: 'WEEK', points: [] },
  };
}

interface Rated {
  /** The models that were in a verdict that counts. */
  models: number[];
  uncertainty: Uncertainty;
  controlled: Uncertainty;
  lengthOdds: Estimate;
  course: Course;
}

function* rate(
  verdicts: Verdicts,
  counts: Counts,
  { modelCount, judgesMin }: BoardOptions,
): Generator<void, Rated | null> {
  if (counts.verdicts === 0) return null;
  const votes = yield* packVotes(verdicts, modelCount);
  const uncertainty = yield* uncertaintyOf(votes, yield* fitStrengths(votes));
  const long = yield* packVotes(verdicts, modelCount, { lengths: true });
  const from = Float64Array.of(...uncertainty.fit.strengths, 0);
  const controlled = yield* uncertaintyOf(long, yield* fitStrengths(long, { from }));
  const doubled = new Float64Array(modelCount + 1);
  doubled[modelCount] = Math.LN2;
  const { value, low, high } = controlled.of(doubled);
  return {
    models: counts.models.flatMap(({ verdicts: judged }, model) => (judged > 0 ? [model] : [])),
    uncertainty,
    controlled,
    lengthOdds: { value: Math.exp(value), low: Math.exp(low), high: Math.exp(high) },
    course: yield* courseOf(votes, judgesMin),
  };
}

function* rowsOf(counts: Counts, rated: Rated | null, differences: Differences | null): Generator<void, BoardRow[]> {
  const judged = counts.models.flatMap((model, index) => (model.verdicts + model.allBad > 0 ? [index] : []));
  const ranks = rated && differences ? ranksOf(rated.models, differences) : new Map<number, never>();
  const rows: BoardRow[] = [];
  for (const model of judged) {
    // The medians of one model are found at once.
    yield;
    const rank = ranks.get(model) ?? { best: 1, worst: judged.length };
    const has = rated !== null && ranks.has(model);
    rows.push({
      model,
      rating: has ? ratingAmong(rated.uncertainty, rated.models, model) : null,
      lengthControlled: has ? ratingAmong(rated.controlled, rated.models, model) : null,
      rankBest: rank.best,
      rankWorst: rank.worst,
      enough: has && (rank.best > 1 || rank.worst < rated.models.length),
      ...figuresOf(counts.models[model] as ModelCounts),
      efficient: false,
    });
  }
  return rows.sort(
    (one, other) =>
      (other.rating?.value ?? Number.NEGATIVE_INFINITY) - (one.rating?.value ?? Number.NEGATIVE_INFINITY) ||
      other.verdicts - one.verdicts,
  );
}

function ratingAmong(uncertainty: Uncertainty, models: readonly number[], model: number): Estimate {
  return ratingOf(uncertainty.of(aboveMean(uncertainty.fit.strengths.length, models, model)));
}

function figuresOf(model: ModelCounts) {
  const { verdicts, allBad, wins, losses, ties } = model;
  const winRate = winRateOf(model);
  const credits = medianOf(model.credits);
  return {
    ...{ verdicts, allBad, wins, losses, ties, winRate, credits },
    winRatePer1000Credits: winRate !== null && credits && credits.value > 0 ? (winRate / credits.value) * 1000 : null,
    firstTokenMs: medianOf(model.firstTokenMs)?.value ?? null,
    outputTokens: medianOf(model.outputTokens)?.value ?? null,
    characters: medianOf(model.characters)?.value ?? null,
  };
}

function efficientOnes(rows: BoardRow[]): BoardRow[] {
  const isBeaten = (row: BoardRow) =>
    rows.some((other) => {
      if (!row.rating || !row.credits || !other.rating || !other.credits) return false;
      const better = other.rating.value - row.rating.value;
      const cheaper = row.credits.value - other.credits.value;
      return better >= 0 && cheaper >= 0 && better + cheaper > 0;
    });
  return rows.map((row) => ({ ...row, efficient: row.rating !== null && row.credits !== null && !isBeaten(row) }));
}

function* pairsOf(
  rows: readonly BoardRow[],
  { models, pairs }: Counts,
  differences: Differences | null,
): Generator<void, BoardPair[]> {
  const found: BoardPair[] = [];
  for (const [place, row] of rows.entries()) {
    yield;
    for (const under of rows.slice(place + 1)) {
      const [one, other] = [row.model, under.model];
      const counted = pairs.get(Math.min(one, other) * models.length + Math.max(one, other));
      const difference = row.rating && under.rating ? (differences?.between(one, other) ?? null) : null;
      if (!counted && !difference) continue;
      const isTurned = one > other;
      found.push({
        ...{ one, other },
        oneWins: (isTurned ? counted?.otherWins : counted?.oneWins) ?? 0,
        otherWins: (isTurned ? counted?.oneWins : counted?.otherWins) ?? 0,
        ties: counted?.ties ?? 0,
        chance: difference && chanceOf(difference),
        moreVerdicts: difference && (differences?.toDecide(one, other) ?? null),
      });
    }
  }
  return found;
}

/** The models of each group that were in a verdict that counts, the largest group first. */
function listsOf(groups: readonly number[], { models }: Counts): number[][] {
  const lists = new Map<number, number[]>();
  groups.forEach((group, model) => {
    if ((models[model]?.verdicts ?? 0) > 0) lists.set(group, [...(lists.get(group) ?? []), model]);
  });
  return [...lists.values()].sort((one, other) => other.length - one.length);
}
