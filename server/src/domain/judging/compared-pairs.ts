import type { VerdictKind } from '../../database/judging/verdict-tables.ts';

/** Two answers that a verdict compares. */
export interface ComparedPair<Contestant> {
  a: Contestant;
  b: Contestant;
  /** 1: `a` is better; 0.5: they are equally good; null: the verdict says that all are bad. */
  score: 1 | 0.5 | null;
  /** How much the pair counts. The pairs of a verdict count one in all; 0: it does not count. */
  weight: number;
}

/**
 * The pairs that a verdict compares. It is one choice among all its answers: of the best one or, where several tie, of
 * each of them with an equal share. A choice compares what was chosen with every other answer alike.
 *
 * @param contestants two at least, by lane
 */
export function comparedPairs<Contestant extends { best: boolean }>(
  kind: VerdictKind,
  contestants: readonly Contestant[],
): ComparedPair<Contestant>[] {
  const [first, ...others] = contestants;
  // These count nothing, and are there to tell which answers were bad.
  if (kind === 'ALL_BAD') return first ? others.map((b) => ({ a: first, b, score: null, weight: 0 })) : [];
  const best = contestants.filter((contestant) => contestant.best);
  const share = 1 / (best.length * (contestants.length - 1));
  const won = best.flatMap((a) =>
    contestants.filter((b) => !b.best).map((b) => ({ a, b, score: 1 as const, weight: share })),
  );
  const tied = best.flatMap((a, place) =>
    best.slice(place + 1).map((b) => ({ a, b, score: 0.5 as const, weight: 2 * share })),
  );
  return [...won, ...tied];
}
