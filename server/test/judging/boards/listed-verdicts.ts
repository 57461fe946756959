import { emptyVerdicts, NONE, type Verdicts } from '../../../src/domain/judging/ratings/verdicts.ts';

/** A verdict as tests write it down. */
export interface Verdict {
  judge: number;
  cluster: number;
  at: number;
  lanes: readonly VerdictLane[];
}

export interface VerdictLane {
  model: number;
  answer: number;
  best: boolean;
  credits: number;
  firstTokenMs: number | null;
  outputTokens: number | null;
  characters: number;
}

/** The verdicts in columns, as a board counts them. */
export function inColumns(list: readonly Verdict[]): Verdicts {
  const verdicts = emptyVerdicts(
    list.length,
    list.reduce((sum, { lanes }) => sum + lanes.length, 0),
  );
  let at = 0;
  list.forEach((verdict, index) => {
    verdicts.judges[index] = verdict.judge;
    verdicts.clusters[index] = verdict.cluster;
    verdicts.times[index] = verdict.at;
    for (const lane of verdict.lanes) {
      verdicts.models[at] = lane.model;
      verdicts.answers[at] = lane.answer;
      verdicts.best[at] = Number(lane.best);
      verdicts.credits[at] = lane.credits;
      verdicts.firstTokenMs[at] = lane.firstTokenMs ?? NONE;
      verdicts.outputTokens[at] = lane.outputTokens ?? NONE;
      verdicts.characters[at] = lane.characters;
      at += 1;
    }
    verdicts.starts[index + 1] = at;
  });
  return verdicts;
}

/** The verdicts as tests write them down. */
export function listed(verdicts: Verdicts): Verdict[] {
  const orNull = (value: number | undefined) => (value === NONE ? null : (value ?? null));
  return Array.from({ length: verdicts.count }, (_, index) => {
    const [start = 0, end = 0] = verdicts.starts.slice(index, index + 2);
    return {
      judge: verdicts.judges[index] ?? 0,
      cluster: verdicts.clusters[index] ?? 0,
      at: verdicts.times[index] ?? 0,
      lanes: Array.from({ length: end - start }, (_lane, lane) => {
        const at = start + lane;
        return {
          ...{ model: verdicts.models[at] ?? 0, answer: verdicts.answers[at] ?? 0, best: verdicts.best[at] === 1 },
          ...{ credits: verdicts.credits[at] ?? 0, characters: verdicts.characters[at] ?? 0 },
          firstTokenMs: orNull(verdicts.firstTokenMs[at]),
          outputTokens: orNull(verdicts.outputTokens[at]),
        };
      }),
    };
  });
}
