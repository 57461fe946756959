import type { PairCounts } from './counts.ts';

/**
 * Which models can be compared, directly or over others.
 *
 * @returns for each model the number of its group, from 0 in the order of the groups' first models
 */
export function groupsOf(modelCount: number, pairs: Iterable<PairCounts>): number[] {
  const parents = Array.from({ length: modelCount }, (_, model) => model);
  const rootOf = (model: number): number => {
    let root = model;
    while (parents[root] !== root) root = parents[root] as number;
    parents[model] = root;
    return root;
  };
  for (const { one, other } of pairs) parents[rootOf(other)] = rootOf(one);
  const numbers = new Map<number, number>();
  return parents.map((_, model) => {
    const root = rootOf(model);
    if (!numbers.has(root)) numbers.set(root, numbers.size);
    return numbers.get(root) as number;
  });
}
