import type { TurnFieldsFragment } from '../../graphql/generated/graphql.ts';

interface BranchPlace {
  top: number;
  /** What of it has the focus. */
  focused: string | null;
}

/** Where hand and eye rest: of the turns that have others beside them, under those others' ids. */
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

/** Another branch stands with its turn where the arrows to it were pressed. */
export function takeUpPlace(arena: Element | null, turns: readonly TurnFieldsFragment[], places: BranchPlaces): void {
  // Where the branches part: all turns before are in both.
  const turn = turns.find(({ id }) => places.has(id));
  const place = turn && places.get(turn.id);
  const element = turn && turnIn(arena, turn.id);
  if (!place || !element || !arena) return;
  arena.scrollTop += element.getBoundingClientRect().top - place.top;
  if (!place.focused) return;
  // At the last version its arrow cannot be pressed any more; the way back can.
  const buttons = [...element.querySelectorAll<HTMLButtonElement>('button[aria-label$=" version"]:not(:disabled)')];
  const same = buttons.find((button) => button.getAttribute('aria-label') === place.focused);
  (same ?? buttons[0])?.focus({ preventScroll: true });
}

function turnIn(arena: Element | null, id: string): HTMLElement | null {
  return arena?.querySelector(`[data-turn="${CSS.escape(id)}"]`) ?? null;
}
