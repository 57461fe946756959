import { differenceOf, type Estimate, NORMAL, type Uncertainty } from './uncertainty.ts';

/** What is known of the differences between some models. */
export interface Differences {
  /** How much stronger the one is, on the scale of logits; null: nothing connects the two, so nothing is known. */
  between(one: number, other: number): Estimate | null;
}

export function differencesOf(uncertainty: Uncertainty, groups: readonly number[]): Differences {
  const { length } = uncertainty.fit.strengths;
  return {
    between: (one, other) => (groups[one] === groups[other] ? uncertainty.of(differenceOf(length, one, other)) : null),
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
 * The pair of which a verdict would tell most: two that nothing connects yet, else the two best if it cannot be told which is
 * better, else the first neighbours of whom it cannot; null: all neighbours are told apart.
 *
 * @param models the best first
 */
export function nextPairOf(models: readonly number[], { between }: Differences): Pair | null {
  const neighbours = models.slice(1).map((model, index): Pair => [models[index] as number, model]);
  const apart = neighbours.find(([one, other]) => between(one, other) === null);
  return apart ?? neighbours.find(([one, other]) => !isDecided(between(one, other))) ?? null;
}

export function isDecided(difference: Estimate | null): boolean {
  return difference !== null && (difference.low > 0 || difference.high < 0);
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
