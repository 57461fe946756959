import { NumberSet } from './number-set.ts';
import { NONE, type Verdicts } from './verdicts.ts';

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

export function* countVerdicts(verdicts: Verdicts, modelCount: number): Generator<void, Counts> {
  const counts: Counts = {
    models: Array.from({ length: modelCount }, noCounts),
    pairs: new Map(),
    ...{ verdicts: 0, allBad: 0 },
    judges: new Map(),
  };
  const answers = new NumberSet();
  for (let verdict = 0; verdict < verdicts.count; verdict++) {
    if (verdict % 1024 === 1023) yield;
    countOne(counts, verdicts, verdict, answers);
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
function countOne(counts: Counts, verdicts: Verdicts, verdict: number, answers: NumberSet): void {
  const { starts, models, best } = verdicts;
  const start = starts[verdict] as number;
  const end = starts[verdict + 1] as number;
  let bests = 0;
  for (let lane = start; lane < end; lane++) bests += best[lane] as number;
  const kind = bests === 0 ? 'allBad' : 'verdicts';
  counts[kind] += 1;
  if (bests > 0) {
    const judge = verdicts.judges[verdict] as number;
    counts.judges.set(judge, (counts.judges.get(judge) ?? 0) + 1);
  }
  for (let lane = start; lane < end; lane++) {
    const place = models[lane] as number;
    const model = counts.models[place] as ModelCounts;
    countFigures(model, verdicts, lane, answers);
    // A model may have answered in two lanes.
    if (models.indexOf(place, start) === lane) model[kind] += 1;
    for (let other = lane + 1; other < end; other++) {
      if (place === models[other] || !(best[lane] || best[other])) continue;
      if (place < (models[other] as number)) countPair(counts, verdicts, lane, other);
      else countPair(counts, verdicts, other, lane);
    }
  }
}

/** Counts an answer's figures, once in however many verdicts it was compared. */
function countFigures(model: ModelCounts, verdicts: Verdicts, lane: number, answers: NumberSet): void {
  const answer = verdicts.answers[lane] as number;
  if (!answers.add(answer)) return;
  model.credits.push(verdicts.credits[lane] as number);
  model.characters.push(verdicts.characters[lane] as number);
  const firstTokenMs = verdicts.firstTokenMs[lane] as number;
  const outputTokens = verdicts.outputTokens[lane] as number;
  if (firstTokenMs !== NONE) model.firstTokenMs.push(firstTokenMs);
  if (outputTokens !== NONE) model.outputTokens.push(outputTokens);
}

/** Counts the comparison of two lanes, of which the first has the model of the lower place. */
function countPair(counts: Counts, verdicts: Verdicts, lane: number, otherLane: number): void {
  const one = verdicts.models[lane] as number;
  const other = verdicts.models[otherLane] as number;
  const key = one * counts.models.length + other;
  const pair = counts.pairs.get(key) ?? { one, other, oneWins: 0, otherWins: 0, ties: 0 };
  counts.pairs.set(key, pair);
  const [ofOne, ofOther] = [counts.models[one] as ModelCounts, counts.models[other] as ModelCounts];
  const [oneBest, otherBest] = [verdicts.best[lane] === 1, verdicts.best[otherLane] === 1];
  if (oneBest && otherBest) {
    pair.ties += 1;
    ofOne.ties += 1;
    ofOther.ties += 1;
  } else if (oneBest) {
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
