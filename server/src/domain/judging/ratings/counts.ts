import type { Verdict } from './votes.ts';

/** What is counted of a model, without any fit. */
export interface ModelCounts {
  /** In how many verdicts it was compared, those by which all were bad left out. */
  verdicts: number;
  /** In how many all were bad. */
  allBad: number;
  /** How often it was better than another answer, worse, and as good: each other answer of a verdict counts. */
  wins: number;
  losses: number;
  ties: number;
  /** Of each answer once, in however many verdicts it was compared. */
  credits: number[];
  firstTokenMs: number[];
  outputTokens: number[];
  characters: number[];
}

/** How often two models were compared, and which was better. */
export interface PairCounts {
  /** The place of the one model is lower than that of the other. */
  one: number;
  other: number;
  oneWins: number;
  otherWins: number;
  ties: number;
}

export interface Counts {
  models: ModelCounts[];
  /** By `one * modelCount + other`. */
  pairs: Map<number, PairCounts>;
  /** Without those by which all were bad. */
  verdicts: number;
  allBad: number;
  /** Of each judge, how many verdicts, those by which all were bad left out. */
  judges: Map<number, number>;
}

export function* countVerdicts(verdicts: readonly Verdict[], modelCount: number): Generator<void, Counts> {
  const counts: Counts = {
    models: Array.from({ length: modelCount }, noCounts),
    pairs: new Map(),
    ...{ verdicts: 0, allBad: 0 },
    judges: new Map(),
  };
  const answers = new Set<number>();
  let count = 0;
  for (const verdict of verdicts) {
    if (++count % 512 === 0) yield;
    countOne(counts, verdict, answers);
  }
  return counts;
}

function noCounts(): ModelCounts {
  return {
    ...{ verdicts: 0, allBad: 0, wins: 0, losses: 0, ties: 0 },
    ...{ credits: [], firstTokenMs: [], outputTokens: [], characters: [] },
  };
}

/** @param answers what was counted before */
function countOne(counts: Counts, { judge, lanes }: Verdict, answers: Set<number>): void {
  const allBad = !lanes.some(({ best }) => best);
  counts[allBad ? 'allBad' : 'verdicts'] += 1;
  if (!allBad) counts.judges.set(judge, (counts.judges.get(judge) ?? 0) + 1);
  for (const lane of lanes) {
    if (answers.has(lane.answer)) continue;
    answers.add(lane.answer);
    const model = counts.models[lane.model] as ModelCounts;
    model.credits.push(lane.credits);
    model.characters.push(lane.characters);
    if (lane.firstTokenMs !== null) model.firstTokenMs.push(lane.firstTokenMs);
    if (lane.outputTokens !== null) model.outputTokens.push(lane.outputTokens);
  }
  // A model may have answered in two lanes.
  for (const model of new Set(lanes.map((lane) => lane.model))) {
    (counts.models[model] as ModelCounts)[allBad ? 'allBad' : 'verdicts'] += 1;
  }
  if (allBad) return;
  lanes.forEach((lane, index) => {
    for (const other of lanes.slice(index + 1)) {
      if (lane.model === other.model || !(lane.best || other.best)) continue;
      if (lane.model < other.model) countPair(counts, lane, other);
      else countPair(counts, other, lane);
    }
  });
}

type Compared = Verdict['lanes'][number];

function countPair({ models, pairs }: Counts, one: Compared, other: Compared): void {
  const key = one.model * models.length + other.model;
  const pair = pairs.get(key) ?? { one: one.model, other: other.model, oneWins: 0, otherWins: 0, ties: 0 };
  pairs.set(key, pair);
  const [ofOne, ofOther] = [models[one.model] as ModelCounts, models[other.model] as ModelCounts];
  if (one.best && other.best) {
    pair.ties += 1;
    ofOne.ties += 1;
    ofOther.ties += 1;
  } else if (one.best) {
    pair.oneWins += 1;
    ofOne.wins += 1;
    ofOther.losses += 1;
  } else {
    pair.otherWins += 1;
    ofOne.losses += 1;
    ofOther.wins += 1;
  }
}

/** The part of a model's comparisons that it won, ties as half; null: it was compared with none. */
export function winRateOf({ wins, losses, ties }: ModelCounts): number | null {
  const all = wins + losses + ties;
  return all === 0 ? null : (wins + ties / 2) / all;
}

/** A median, and the values between which it lies in at least 95 of 100 samples; null: there are too few for that. */
export interface Median {
  value: number;
  low: number | null;
  high: number | null;
}

/** Null: there are no values. */
export function medianOf(values: readonly number[]): Median | null {
  if (values.length === 0) return null;
  const sorted = Float64Array.from(values).sort();
  const { length } = sorted;
  const value = ((sorted[(length - 1) >> 1] as number) + (sorted[length >> 1] as number)) / 2;
  // How many values are below the median is binomial: so far from the middle it is in one of 20 samples.
  const place = Math.floor((length - 1.96 * Math.sqrt(length)) / 2) - 1;
  if (place < 0) return { value, low: null, high: null };
  return { value, low: sorted[place] as number, high: sorted[length - 1 - place] as number };
}
