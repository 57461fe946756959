/** A verdict as the board counts it. */
export interface Verdict {
  /** Who judged: any number. */
  judge: number;
  /** Which verdicts hang together, such as all of a member's: any number. */
  cluster: number;
  /** Milliseconds since 1970. */
  at: number;
  lanes: readonly VerdictLane[];
}

export interface VerdictLane {
  /** Of which contestant the answer is: its place in a list that the caller has. */
  model: number;
  /** Which answer it is, that other verdicts may compare too: any number. */
  answer: number;
  /** Whether the answer is the best, or one of several that are equally good. If none is, all were bad. */
  best: boolean;
  credits: number;
  /** Null: there was none. */
  firstTokenMs: number | null;
  outputTokens: number | null;
  /** UTF-16 code units. */
  characters: number;
}

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
  starts: number[];
  /** The model of each lane. */
  models: number[];
  /** What part of the choice each lane has. */
  shares: number[];
  /** The logarithm of each answer's length less the mean of its outcome; null: lengths do not count. */
  lengths: number[] | null;
  /** Of each vote: its outcome, its time in milliseconds since 1970, and its cluster, numbered from 0. */
  outcomes: number[];
  times: number[];
  clusters: number[];
  clusterCount: number;
}

/**
 * Packs the verdicts that say which answer is best; those by which all are bad say nothing of that.
 *
 * @param verdicts in any order, which the votes keep
 * @param lengths whether each vote keeps the lengths of its answers
 */
export function* packVotes(
  verdicts: Iterable<Verdict>,
  modelCount: number,
  { lengths = false } = {},
): Generator<void, Votes> {
  const votes: Votes = {
    ...{ modelCount, starts: [0], models: [], shares: [], lengths: lengths ? [] : null },
    ...{ outcomes: [], times: [], clusters: [], clusterCount: 0 },
  };
  const known = new Map<string, number>();
  const clusters = new Map<number, number>();
  let count = 0;
  for (const { cluster, at, lanes } of verdicts) {
    if (++count % 512 === 0) yield;
    const best = lanes.filter((lane) => lane.best).length;
    if (best === 0) continue;
    const key = lengths ? '' : keyOf(lanes);
    let outcome = lengths ? undefined : known.get(key);
    if (outcome === undefined) {
      outcome = addOutcome(votes, lanes, best);
      if (!lengths) known.set(key, outcome);
    }
    if (!clusters.has(cluster)) clusters.set(cluster, clusters.size);
    votes.outcomes.push(outcome);
    votes.times.push(at);
    votes.clusters.push(clusters.get(cluster) as number);
  }
  votes.clusterCount = clusters.size;
  return votes;
}

function keyOf(lanes: readonly VerdictLane[]): string {
  return lanes
    .map(({ model, best }) => model * 2 + Number(best))
    .sort((one, other) => one - other)
    .join();
}

function addOutcome(votes: Votes, lanes: readonly VerdictLane[], best: number): number {
  const logarithms = lanes.map(({ characters }) => Math.log(Math.max(1, characters)));
  const mean = logarithms.reduce((sum, value) => sum + value, 0) / lanes.length;
  lanes.forEach((lane, index) => {
    votes.models.push(lane.model);
    votes.shares.push(lane.best ? 1 / best : 0);
    votes.lengths?.push((logarithms[index] as number) - mean);
  });
  return votes.starts.push(votes.models.length) - 2;
}

/** How often each outcome is among the first votes. */
export function* countOutcomes({ starts, outcomes }: Votes, voteCount: number): Generator<void, Float64Array> {
  const counts = new Float64Array(starts.length - 1);
  for (let vote = 0; vote < voteCount; vote++) {
    if (vote % 16_384 === 16_383) yield;
    const outcome = outcomes[vote] as number;
    counts[outcome] = (counts[outcome] as number) + 1;
  }
  return counts;
}
