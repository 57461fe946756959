import type { Verdicts } from './verdicts.ts';

/**
 * Choices among models. A verdict over n answers is one choice (Luce): an answer is taken with a probability that is
 * proportional to the exponential of its model's strength. Where k answers are equally good, each has 1/k of the choice: of
 * two answers each has half a win.
 *
 * Outcomes that are alike are counted, not repeated. What belongs to an outcome's lanes lies in lists, one lane after the other.
 */
export interface Votes {
  modelCount: number;
  /** The lanes of outcome o are those from starts[o] up to, and without, starts[o + 1]. */
  starts: Uint32Array;
  /** The model of each lane. */
  models: Uint32Array;
  /** What part of the choice each lane has. */
  shares: Float64Array;
  /** The logarithm of each answer's length less the mean of its outcome; null: lengths do not count. */
  lengths: Float64Array | null;
  /** Of each vote: its outcome, its time in milliseconds since 1970, and its cluster, numbered from 0. */
  outcomes: Uint32Array;
  times: Float64Array;
  clusters: Uint32Array;
  clusterCount: number;
}

/**
 * Packs the verdicts that say which answer is best; those by which all are bad say nothing of that.
 *
 * @param verdicts in any order, which the votes keep
 * @param lengths whether each vote keeps the lengths of its answers
 */
export function* packVotes(verdicts: Verdicts, modelCount: number, { lengths = false } = {}): Generator<void, Votes> {
  const packing = new Packing(verdicts, modelCount, lengths);
  for (let verdict = 0; verdict < verdicts.count; verdict++) {
    if (verdict % 4096 === 4095) yield;
    packing.add(verdict);
  }
  return packing.votes();
}

class Packing {
  readonly #verdicts: Verdicts;
  readonly #modelCount: number;
  readonly #starts: Uint32Array;
  readonly #models: Uint32Array;
  readonly #shares: Float64Array;
  readonly #lengths: Float64Array | null;
  readonly #outcomes: Uint32Array;
  readonly #times: Float64Array;
  readonly #clusters: Uint32Array;
  readonly #known = new Map<number | string, number>();
  readonly #numbers = new Map<number, number>();
  #outcomeCount = 0;
  #laneCount = 0;
  #voteCount = 0;

  constructor(verdicts: Verdicts, modelCount: number, lengths: boolean) {
    const lanes = verdicts.models.length;
    this.#verdicts = verdicts;
    this.#modelCount = modelCount;
    this.#starts = new Uint32Array(verdicts.count + 1);
    this.#models = new Uint32Array(lanes);
    this.#shares = new Float64Array(lanes);
    this.#lengths = lengths ? new Float64Array(lanes) : null;
    this.#outcomes = new Uint32Array(verdicts.count);
    this.#times = new Float64Array(verdicts.count);
    this.#clusters = new Uint32Array(verdicts.count);
  }

  add(verdict: number): void {
    const { starts, best, clusters, times } = this.#verdicts;
    let bests = 0;
    for (let lane = starts[verdict] as number; lane < (starts[verdict + 1] as number); lane++) {
      bests += best[lane] as number;
    }
    if (bests === 0) return;
    const vote = this.#voteCount++;
    this.#outcomes[vote] = this.#lengths ? this.#newOutcome(verdict, bests) : this.#outcomeOf(verdict, bests);
    this.#times[vote] = times[verdict] as number;
    this.#clusters[vote] = this.#numberOf(clusters[verdict] as number);
  }

  #outcomeOf(verdict: number, bests: number): number {
    const { starts, models, best } = this.#verdicts;
    const key = keyOf(models, best, starts[verdict] as number, starts[verdict + 1] as number, this.#modelCount);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const outcome = this.#newOutcome(verdict, bests);
    this.#known.set(key, outcome);
    return outcome;
  }

  #newOutcome(verdict: number, bests: number): number {
    const { starts, models, best, characters } = this.#verdicts;
    const start = starts[verdict] as number;
    const end = starts[verdict + 1] as number;
    let sum = 0;
    const first = this.#laneCount;
    for (let lane = start; lane < end; lane++) {
      const place = this.#laneCount++;
      this.#models[place] = models[lane] as number;
      this.#shares[place] = (best[lane] as number) / bests;
      if (!this.#lengths) continue;
      const logarithm = Math.log(Math.max(1, characters[lane] as number));
      this.#lengths[place] = logarithm;
      sum += logarithm;
    }
    const mean = sum / (end - start);
    if (this.#lengths) {
      for (let place = first; place < this.#laneCount; place++) {
        this.#lengths[place] = (this.#lengths[place] as number) - mean;
      }
    }
    this.#starts[++this.#outcomeCount] = this.#laneCount;
    return this.#outcomeCount - 1;
  }

  #numberOf(cluster: number): number {
    const known = this.#numbers.get(cluster);
    if (known !== undefined) return known;
    this.#numbers.set(cluster, this.#numbers.size);
    return this.#numbers.size - 1;
  }

  votes(): Votes {
    return {
      modelCount: this.#modelCount,
      starts: this.#starts.subarray(0, this.#outcomeCount + 1),
      models: this.#models.subarray(0, this.#laneCount),
      shares: this.#shares.subarray(0, this.#laneCount),
      lengths: this.#lengths?.subarray(0, this.#laneCount) ?? null,
      outcomes: this.#outcomes.subarray(0, this.#voteCount),
      times: this.#times.subarray(0, this.#voteCount),
      clusters: this.#clusters.subarray(0, this.#voteCount),
      clusterCount: this.#numbers.size,
    };
  }
}

/** The same for verdicts over the same models with the same outcome, in whichever lanes. */
function keyOf(models: Uint32Array, best: Uint8Array, start: number, end: number, modelCount: number): number | string {
  const codes: number[] = [];
  for (let lane = start; lane < end; lane++) codes.push((models[lane] as number) * 2 + (best[lane] as number));
  codes.sort((one, other) => one - other);
  const base = modelCount * 2 + 1;
  // Beyond this, numbers are not told apart.
  if (base ** codes.length > Number.MAX_SAFE_INTEGER) return codes.join();
  return codes.reduce((key, code) => key * base + code + 1, 0);
}

/** How often each outcome is among the first votes. */
export function* countOutcomes({ starts, outcomes }: Votes, voteCount: number): Generator<void, Float64Array> {
  const counts = new Float64Array(starts.length - 1);
  for (let vote = 0; vote < voteCount; vote++) {
    if (vote % 65_536 === 65_535) yield;
    const outcome = outcomes[vote] as number;
    counts[outcome] = (counts[outcome] as number) + 1;
  }
  return counts;
}
