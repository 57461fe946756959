import { earlierThan } from '../../graphql/connection.ts';
import type { TurnFieldsFragment } from '../../graphql/generated/graphql.ts';

/** How many turns are loaded at once. */
export const turnsAtOnce = 10;

interface TurnsPage {
  edges: readonly ({ cursor: string; node: TurnFieldsFragment } | null)[];
  pageInfo: { hasPreviousPage: boolean; startCursor?: string | null };
}

/**
 * The newest turns of a page, oldest first, whose prompts and answers have at most `charactersMax` characters together;
 * always at least one turn. `earlier` is the cursor of the turns before them, null if there are none.
 */
export function newestWithin(
  page: TurnsPage,
  charactersMax: number,
): { turns: TurnFieldsFragment[]; earlier: string | null; characters: number } {
  const edges = page.edges.flatMap((edge) => edge ?? []);
  let characters = 0;
  let first = edges.length;
  for (const { node } of [...edges].reverse()) {
    const more = charactersOf(node);
    if (first < edges.length && characters + more > charactersMax) break;
    characters += more;
    first -= 1;
  }
  const kept = edges.slice(first);
  const earlier = first > 0 ? (kept[0]?.cursor ?? null) : earlierThan(page);
  return { turns: kept.map(({ node }) => node), earlier, characters };
}

/**
 * The turns of a page next to the turn `id`, oldest first, whose prompts and answers have at most `charactersMax` characters
 * together with its own. Null: the page does not hold the turn.
 */
export function nextTo(
  id: string,
  turns: readonly TurnFieldsFragment[],
  charactersMax: number,
): { turns: TurnFieldsFragment[]; isFirst: boolean; isLast: boolean } | null {
  const at = turns.findIndex((turn) => turn.id === id);
  const turn = turns[at];
  if (!turn) return null;
  let characters = charactersOf(turn);
  let [first, last] = [at, at];
  /** Takes the turn at this place, if it fits. */
  const takes = (place: number): boolean => {
    const next = turns[place];
    if (!next || characters + charactersOf(next) > charactersMax) return false;
    characters += charactersOf(next);
    return true;
  };
  for (let [above, below] = [true, true]; above || below; ) {
    below = below && takes(last + 1);
    if (below) last += 1;
    above = above && takes(first - 1);
    if (above) first -= 1;
  }
  return { turns: turns.slice(first, last + 1), isFirst: first === 0, isLast: last === turns.length - 1 };
}

function charactersOf({ prompt, responses }: TurnFieldsFragment): number {
  return responses.reduce((sum, { text, reasoning }) => sum + text.length + reasoning.length, prompt.length);
}
