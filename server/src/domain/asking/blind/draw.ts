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
 * Draws items by what verdicts have said of them, in a random order. The first two are drawn as a pair: with one verdict
 * half as often as with none, with n of them 1/(n + 1) as often. Each further one is drawn by the verdicts of all its pairs
 * with those before it, in the same way. So those about which least is known come first, and nobody can foresee which.
 *
 * @param count 2 or more
 * @returns null: there are fewer items
 */
export function drawLanes<Item extends { id: string }>(
  items: readonly Item[],
  count: number,
  verdicts: VerdictsOfPair,
  random: Random = randomInt,
): Item[] | null {
  if (items.length < count) return null;
  const pairs = items.flatMap((one, index) => items.slice(index + 1).map((other) => [one, other] as const));
  const drawn: Item[] = [...drawWeighted(pairs, ([one, other]) => verdicts(one.id, other.id), random)];
  while (drawn.length < count) {
    const rest = items.filter((item) => !drawn.includes(item));
    const known = ({ id }: Item) => drawn.reduce((sum, other) => sum + verdicts(id, other.id), 0);
    drawn.push(drawWeighted(rest, known, random));
  }
  return shuffled(drawn, random);
}

/** Draws one of the items, of which there must be some: with a count of n, 1/(n + 1) as often as with 0. */
function drawWeighted<Item>(items: readonly Item[], countOf: (item: Item) => number, random: Random): Item {
  const weighted = items.map((item) => ({ item, weight: 1 / (1 + countOf(item)) }));
  let rest = (random(STEPS) / STEPS) * weighted.reduce((sum, { weight }) => sum + weight, 0);
  const drawn = weighted.find(({ weight }) => {
    rest -= weight;
    return rest < 0;
  });
  // Rounding may leave a rest behind the last item.
  return (drawn ?? (weighted.at(-1) as { item: Item })).item;
}
