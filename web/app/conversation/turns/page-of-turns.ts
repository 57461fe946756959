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

function charactersOf({ prompt, responses }: TurnFieldsFragment): number {
  return responses.reduce((sum, { text, reasoning }) => sum + text.length + reasoning.length, prompt.length);
}
