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

/** Draws one of the pairs that the fewest verdicts have compared, in a random order. Null: there are no two items. */
export function drawPair<Item extends { id: string }>(
  items: readonly Item[],
  verdicts: VerdictsOfPair,
  random: Random = randomInt,
): [Item, Item] | null {
  let drawn: [Item, Item] | null = null;
  let fewest = Number.POSITIVE_INFINITY;
  let equals = 0;
  for (const [index, one] of items.entries()) {
    for (const other of items.slice(index + 1)) {
      const count = verdicts(one.id, other.id);
      if (count > fewest) continue;
      equals = count < fewest ? 1 : equals + 1;
      fewest = count;
      if (random(equals) === 0) drawn = [one, other];
    }
  }
  return drawn && (shuffled(drawn, random) as [Item, Item]);
}
