/**
 * Verdicts as a board counts them, in columns: to make objects of a hundred thousand takes longer than to rate them.
 */
export interface Verdicts {
  count: number;
  /** Who judged each: any number. */
  judges: Float64Array;
  /** Which of them hang together, such as all of a member's: any number. */
  clusters: Float64Array;
  /** Milliseconds since 1970. */
  times: Float64Array;
  /** The lanes of verdict v are those from starts[v] up to, and without, starts[v + 1]. */
  starts: Uint32Array;
  /** Of each lane: of which contestant the answer is, by its place in a list that the caller has. */
  models: Uint32Array;
  /** Which answer it is, that other verdicts may compare too: any number. */
  answers: Float64Array;
  /** 1: the answer is the best, or one of several that are equally good; else 0. If none is, all were bad. */
  best: Uint8Array;
  credits: Float64Array;
  /** NONE: there was none. */
  firstTokenMs: Int32Array;
  outputTokens: Int32Array;
  /** UTF-16 code units. */
  characters: Int32Array;
}

/** What a column of whole numbers has for what there is not. */
export const NONE = -1;

/** Columns for so many verdicts and lanes, with nothing in them. */
export function emptyVerdicts(count: number, lanes: number): Verdicts {
  return {
    count,
    judges: new Float64Array(count),
    clusters: new Float64Array(count),
    times: new Float64Array(count),
    starts: new Uint32Array(count + 1),
    models: new Uint32Array(lanes),
    answers: new Float64Array(lanes),
    best: new Uint8Array(lanes),
    credits: new Float64Array(lanes),
    firstTokenMs: new Int32Array(lanes),
    outputTokens: new Int32Array(lanes),
    characters: new Int32Array(lanes),
  };
}

/** The verdicts of these lists, one list after the other. */
export function joinedVerdicts(lists: readonly Verdicts[]): Verdicts {
  const sum = (of: (list: Verdicts) => number) => lists.reduce((all, list) => all + of(list), 0);
  const joined = emptyVerdicts(
    sum(({ count }) => count),
    sum(({ models }) => models.length),
  );
  let [verdict, lane] = [0, 0];
  for (const list of lists) {
    for (const name of ofVerdicts) joined[name].set(list[name], verdict);
    for (const name of ofLanes) joined[name].set(list[name], lane);
    const before = lane;
    joined.starts.set(
      list.starts.map((start) => start + before),
      verdict,
    );
    verdict += list.count;
    lane += list.models.length;
  }
  return joined;
}

const ofVerdicts = ['judges', 'clusters', 'times'] as const;
/** The columns that have a value for each lane. */
export const ofLanes = ['models', 'answers', 'best', 'credits', 'firstTokenMs', 'outputTokens', 'characters'] as const;

/**
 * Leaves out the lanes of some contestants, and verdicts that then compare nothing.
 *
 * @param places of each contestant its new place; undefined: it is left out
 */
export function* keptVerdicts(verdicts: Verdicts, places: readonly (number | undefined)[]): Generator<void, Verdicts> {
  const { count, starts, models, best } = verdicts;
  const kept = emptyVerdicts(count, models.length);
  let [verdict, lane] = [0, 0];
  for (let from = 0; from < count; from++) {
    if (from % 4096 === 4095) yield;
    const before = lane;
    let [wasBest, isBest] = [false, false];
    for (let old = starts[from] as number; old < (starts[from + 1] as number); old++) {
      const place = places[models[old] as number];
      wasBest ||= best[old] === 1;
      if (place === undefined) continue;
      isBest ||= best[old] === 1;
      for (const name of ofLanes) kept[name][lane] = verdicts[name][old] as number;
      kept.models[lane++] = place;
    }
    if (lane - before < 2 || wasBest !== isBest) {
      lane = before;
      continue;
    }
    for (const name of ofVerdicts) kept[name][verdict] = verdicts[name][from] as number;
    kept.starts[++verdict] = lane;
  }
  return cutTo(kept, verdict, lane);
}

function cutTo(verdicts: Verdicts, count: number, lanes: number): Verdicts {
  const { starts, judges, clusters, times } = verdicts;
  const ofEach = {
    ...{ judges: judges.subarray(0, count), clusters: clusters.subarray(0, count), times: times.subarray(0, count) },
    starts: starts.subarray(0, count + 1),
  };
  return {
    ...{ count, ...ofEach },
    models: verdicts.models.subarray(0, lanes),
    answers: verdicts.answers.subarray(0, lanes),
    best: verdicts.best.subarray(0, lanes),
    credits: verdicts.credits.subarray(0, lanes),
    firstTokenMs: verdicts.firstTokenMs.subarray(0, lanes),
    outputTokens: verdicts.outputTokens.subarray(0, lanes),
    characters: verdicts.characters.subarray(0, lanes),
  };
}
