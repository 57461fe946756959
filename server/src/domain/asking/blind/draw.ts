import { randomInt } from 'node:crypto';
import type { VerdictsOfPair } from './known-pairs.ts';

/** A whole number from 0, below `below`, each as likely as the others. */
export type Random = (below: number) => number;

/** The items in a random order that nobody can foresee. */
export function shuffled<Item>(items: readonly Item[], random: Random = randomInt): Item[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const place = random(last + 1);
    [order[last], order[place]] = [order[place] as Item, order[last] as Item];
  }
  return order;
}

/** Steps in which a weight is drawn, as fine as `randomInt` allows. */
const STEPS = 2 ** 48 - 1;

/**
 * Draws a pair, in a random order: with one verdict it is drawn half as often as with none, with n of them 1/(n + 1) as
 * often, so that the pairs about which least is known come first and nobody can foresee which. Null: there are no two
 * items.
 */
export function drawPair<Item extends { id: string }>(
  items: readonly Item[],
  verdicts: VerdictsOfPair,
  random: Random = randomInt,
): [Item, Item] | null {
  const pairs = items.flatMap((one, index) =>
    items.slice(index + 1).map((other) => ({ pair: [one, other], weight: 1 / (1 + verdicts(one.id, other.id)) })),
  );
  let rest = (random(STEPS) / STEPS) * pairs.reduce((sum, { weight }) => sum + weight, 0);
  const drawn = pairs.find(({ weight }) => {
    rest -= weight;
    return rest < 0;
  });
  // Rounding may leave a rest behind the last pair.
  const { pair } = drawn ?? pairs.at(-1) ?? {};
  return pair ? (shuffled(pair, random) as [Item, Item]) : null;
}
