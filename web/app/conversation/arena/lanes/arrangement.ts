import type { TurnFieldsFragment } from '../../../graphql/generated/graphql.ts';
import type { Versions } from '../../turns/versions.ts';

/** How the lanes of a conversation are arranged. A lane is known by its key, which it has in every turn. */
export interface Arrangement {
  /** The keys of lanes that were moved, and of those beside them, in their order. Other lanes keep their places. */
  order: readonly string[];
  /** The keys of the lanes that are folded to a spine. */
  folded: readonly string[];
  /** The key of the lane that has the width for itself; null: all lanes share it. */
  focused: string | null;
}

export const asAsked: Arrangement = { order: [], folded: [], focused: null };

/**
 * The keys of a turn's lanes. The same model has the same key in every turn; asked twice, it has two. The lanes of a
 * blind turn are known by their letters, and in no other turn: an order by models would tell which is which.
 */
export function keysOf({ id, blind }: Pick<TurnFieldsFragment, 'id' | 'blind'>, lanes: readonly Versions[]): string[] {
  if (blind) return lanes.map(([{ lane }]) => `blind ${id} ${lane}`);
  const seen = new Map<string, number>();
  return lanes.map(([first]) => {
    // Another model that is asked in the lane later takes the lane's place.
    const { id } = first.model;
    const count = (seen.get(id) ?? 0) + 1;
    seen.set(id, count);
    return count === 1 ? id : `${id} ${count}`;
  });
}

/** The keys in their order: those in `order` take their own places in that order, and all others stay where they are. */
export function inOrder(keys: readonly string[], order: readonly string[]): string[] {
  const known = order.filter((key) => keys.includes(key));
  let next = 0;
  return keys.map((key) => (known.includes(key) ? (known[next++] ?? key) : key));
}

/** The keys after the lane at `from` has gone to `to`. */
export function moved(keys: readonly string[], from: number, to: number): string[] {
  const key = keys[from];
  if (key === undefined || to < 0 || to >= keys.length) return [...keys];
  const others = keys.filter((_, at) => at !== from);
  return others.toSpliced(to, 0, key);
}

/** The order of a conversation's lanes after those of one turn were put into this one. Lanes of other turns keep theirs. */
export function withOrder(order: readonly string[], shown: readonly string[]): string[] {
  const kept = order.filter((key) => shown.includes(key));
  let next = 0;
  const others = order.map((key) => (kept.includes(key) ? (shown[next++] ?? key) : key));
  return [...others, ...shown.slice(next)];
}

/** The arrangement with the lane folded, or opened if it is folded. A turn's last open lane stays open. */
export function withFolded(arrangement: Arrangement, key: string, keys: readonly string[]): Arrangement {
  const { folded, focused } = arrangement;
  if (folded.includes(key)) return { ...arrangement, folded: folded.filter((other) => other !== key) };
  if (keys.every((other) => other === key || folded.includes(other))) return arrangement;
  return { ...arrangement, folded: [...folded, key], focused: focused === key ? null : focused };
}
