import type { Board, BoardPair } from './board.ts';
import { openPairOf, type Pair } from './standings.ts';

/**
 * The pair of which a verdict would tell most: two that nothing connects yet, else what keeps the best from being told, else
 * the first neighbours who are not told apart; null: all neighbours are told apart, or nothing is known yet.
 *
 * @param mayBeAsked only such models are paired
 */
export function nextPairOf(
  { rows, pairs }: Pick<Board, 'rows' | 'pairs'>,
  mayBeAsked: (model: number) => boolean,
): Pair | null {
  const models = rows.filter(({ model, rating }) => rating !== null && mayBeAsked(model)).map(({ model }) => model);
  const found = new Map(pairs.map((pair): [string, BoardPair] => [keyOf(pair.one, pair.other), pair]));
  const toDecide = (one: number, other: number) => found.get(keyOf(one, other))?.moreVerdicts ?? null;
  const neighbours = models.slice(1).map((model, index): Pair => [models[index] as number, model]);
  const apart = neighbours.find(([one, other]) => !found.get(keyOf(one, other))?.chance);
  return apart ?? openPairOf(models, toDecide) ?? neighbours.find((pair) => toDecide(...pair) !== 0) ?? null;
}

function keyOf(one: number, other: number): string {
  return `${one} ${other}`;
}
