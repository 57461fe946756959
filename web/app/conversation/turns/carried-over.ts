import { type RefObject, useRef } from 'react';
import type { TurnFieldsFragment } from '../../graphql/generated/graphql.ts';
import { useBrowserLayoutEffect } from '../../ui/browser/layout-effect.ts';

interface CarriedOver {
  conversationId: string | null;
  /** The caret, where it stood in the composer. */
  caret: { start: number; end: number } | null;
  /** Of the turns that have others beside them, under those others' ids. */
  places: Map<string, { top: number; focused: string | null }>;
}

/** From the page that goes to the one that comes in the same moment. */
let carriedOver: CarriedOver | null = null;

/**
 * What hand and eye rest on when another page comes up under them: typing goes on where a new chat becomes a
 * conversation, and another branch stands with its turn where the arrows to it were pressed.
 */
export function useCarriedOver(page: {
  conversationId: string | null;
  turns: readonly TurnFieldsFragment[];
  /** Another page follows because of a new prompt: that comes to the top. */
  sending: boolean;
  arena: RefObject<HTMLElement>;
  composer: RefObject<HTMLTextAreaElement>;
}): void {
  const latest = useRef(page);
  useBrowserLayoutEffect(() => {
    latest.current = page;
  });
  useBrowserLayoutEffect(() => {
    if (carriedOver) takeUp(carriedOver, latest.current);
    carriedOver = null;
    return () => {
      const left = leave(latest.current);
      carriedOver = left;
      // What comes later is no continuation.
      queueMicrotask(() => {
        if (carriedOver === left) carriedOver = null;
      });
    };
  }, []);
}

type Page = Parameters<typeof useCarriedOver>[0];

function leave({ conversationId, turns, sending, arena, composer }: Page): CarriedOver {
  const area = composer.current;
  const places: CarriedOver['places'] = new Map();
  for (const turn of sending ? [] : turns) {
    const element = turnIn(arena, turn.id);
    if (!element || turn.alternatives.length < 2) continue;
    const active = element.contains(document.activeElement) ? document.activeElement : null;
    const place = { top: element.getBoundingClientRect().top, focused: active?.getAttribute('aria-label') ?? null };
    for (const { id } of turn.alternatives) if (id !== turn.id) places.set(id, place);
  }
  const caret = area && area === document.activeElement ? { start: area.selectionStart, end: area.selectionEnd } : null;
  return { conversationId, caret, places };
}

function takeUp({ conversationId, caret, places }: CarriedOver, page: Page): void {
  if (caret) {
    page.composer.current?.focus({ preventScroll: true });
    page.composer.current?.setSelectionRange(caret.start, caret.end);
  }
  if (conversationId !== page.conversationId) return;
  // Where the branches part: all turns before are in both.
  const turn = page.turns.find(({ id }) => places.has(id));
  const place = turn && places.get(turn.id);
  const element = turn && turnIn(page.arena, turn.id);
  if (!place || !element || !page.arena.current) return;
  page.arena.current.scrollTop += element.getBoundingClientRect().top - place.top;
  if (!place.focused) return;
  // At the last version its arrow cannot be pressed any more; the way back can.
  const buttons = [...element.querySelectorAll<HTMLButtonElement>('button[aria-label$=" version"]:not(:disabled)')];
  const same = buttons.find((button) => button.getAttribute('aria-label') === place.focused);
  (same ?? buttons[0])?.focus({ preventScroll: true });
}

function turnIn(arena: RefObject<HTMLElement>, id: string): HTMLElement | null {
  return arena.current?.querySelector(`[data-turn="${CSS.escape(id)}"]`) ?? null;
}
