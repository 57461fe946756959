import { differenceOf, type Estimate, NORMAL, type Uncertainty } from './uncertainty.ts';

/** What is known of the differences between some models. */
export interface Differences {
  /** How much stronger the one is, on the scale of logits; null: nothing connects the two, so nothing is known. */
  between(one: number, other: number): Estimate | null;
  /** See `verdictsToDecide`. */
  toDecide(one: number, other: number): number | null;
}

export function differencesOf(uncertainty: Uncertainty, groups: readonly number[]): Differences {
  const { length } = uncertainty.fit.strengths;
  const isConnected = (one: number, other: number) => groups[one] === groups[other];
  return {
    between: (one, other) => (isConnected(one, other) ? uncertainty.of(differenceOf(length, one, other)) : null),
    toDecide: (one, other) => (isConnected(one, other) ? verdictsToDecide(uncertainty, [one, other]) : null),
  };
}

/** The ranks, from 1, that a model may have among others. */
export interface Ranks {
  best: number;
  worst: number;
}

/** Each model's ranks: those are surely better, or worse, whose difference from it has an interval without 0. */
export function ranksOf(models: readonly number[], { between }: Differences): Map<number, Ranks> {
  return new Map(
    models.map((model) => {
      const others = models.filter((other) => other !== model).map((other) => between(model, other));
      const better = others.filter((difference) => difference !== null && difference.high < 0).length;
      const worse = others.filter((difference) => difference !== null && difference.low > 0).length;
      return [model, { best: 1 + better, worst: models.length - worse }];
    }),
  );
}

/** Two models by their places. */
export type Pair = readonly [one: number, other: number];

/**
 * What keeps the first of the models from being told the best: it and the one, of those that it is not told apart from, that
 * takes the fewest verdicts; of two that take as many, or of which that is not known, the better one.
 *
 * @param models the best first
 * @returns null: it is told apart from all others
 */
export function openPairOf(models: readonly number[], toDecide: Differences['toDecide']): Pair | null {
  const [best, ...others] = models;
  if (best === undefined) return null;
  let open: { pair: Pair; verdicts: number } | null = null;
  for (const other of others) {
    const verdicts = toDecide(best, other) ?? Number.POSITIVE_INFINITY;
    if (verdicts > 0 && (!open || verdicts < open.verdicts)) open = { pair: [best, other], verdicts };
  }
  return open?.pair ?? null;
}

/** From here on a number of verdicts says no more than: very many. */
const VERDICTS_MAX = 10_000;

/**
 * How many more verdicts between two models are likely to decide which is better, if the difference is what it seems now and
 * verdicts tell as much as they did so far, those of new members among them.
 *
 * @returns 0: it is decided; null: it cannot be told, or takes more than 10,000
 */
export function verdictsToDecide(uncertainty: Uncertainty, [one, other]: Pair): number | null {
  const weights = differenceOf(uncertainty.fit.strengths.length, one, other);
  const { value } = uncertainty.of(weights);
  const [reach, laplace] = [uncertainty.reachOf(weights), uncertainty.laplaceReachOf(weights)];
  if (Math.abs(value) > reach) return 0;
  // Each verdict between the two informs as a coin does that shows the one with its chance. The interval ends at 0 once there
  // is as much information as its reach needs; where members differ in taste, that takes more.
  const chance = 1 / (1 + Math.exp(-value));
  const informationNow = (NORMAL / laplace) ** 2;
  const informationNeeded = ((NORMAL / value) * (reach / laplace)) ** 2;
  const verdicts = Math.ceil((informationNeeded - informationNow) / (chance * (1 - chance)));
  return verdicts <= VERDICTS_MAX ? Math.max(1, verdicts) : null;
}
