import type { TurnFieldsFragment } from '../../graphql/generated/graphql.ts';

interface BranchPlace {
  top: number;
  /** The label of the element in the turn that has the focus. */
  focused: string | null;
}

/** The places of the turns that have alternatives, by the ids of these alternatives. */
export type BranchPlaces = ReadonlyMap<string, BranchPlace>;

export function findPlaces(arena: Element | null, turns: readonly TurnFieldsFragment[]): BranchPlaces {
  const places = new Map<string, BranchPlace>();
  for (const turn of turns) {
    const element = turnIn(arena, turn.id);
    if (!element || turn.alternatives.length < 2) continue;
    const active = element.contains(document.activeElement) ? document.activeElement : null;
    const place = { top: element.getBoundingClientRect().top, focused: active?.getAttribute('aria-label') ?? null };
    for (const { id } of turn.alternatives) if (id !== turn.id) places.set(id, place);
  }
  return places;
}

/** Puts another branch's turn in the place of the turn whose arrows led to it, and gives the arrow its focus back. */
export function takeUpPlace(arena: Element | null, turns: readonly TurnFieldsFragment[], places: BranchPlaces): void {
  // This turn is where the branches part: both have all turns before it.
  const turn = turns.find(({ id }) => places.has(id));
  const place = turn && places.get(turn.id);
  const element = turn && turnIn(arena, turn.id);
  if (!place || !element || !arena) return;
  arena.scrollTop += element.getBoundingClientRect().top - place.top;
  if (!place.focused) return;
  // At the last version the pressed arrow is disabled: then the other arrow gets the focus.
  const buttons = [...element.querySelectorAll<HTMLButtonElement>('button[data-other-version]:not(:disabled)')];
  const same = buttons.find((button) => button.getAttribute('aria-label') === place.focused);
  (same ?? buttons[0])?.focus({ preventScroll: true });
}

function turnIn(arena: Element | null, id: string): HTMLElement | null {
  return arena?.querySelector(`[data-turn="${CSS.escape(id)}"]`) ?? null;
}
