import { type RefObject, useCallback, useEffect, useRef } from 'react';
import type { Conversation } from '../turns/conversation.ts';

/** How many turns stay in the page at least. */
const turnsKept = 20;
/** How many more there may be before those that are far leave. */
const turnsMore = 10;
/** Turns come when the reader is so near to the first or the last one, and leave when they are so far: heights of the view. */
const near = 1;
const far = 3;

/**
 * Loads turns when the reader comes near to the first or the last one in the page, and lets go of those that are far.
 *
 * @param isWhole whether all turns are drawn that are loaded
 */
export function useTurnLoading(arena: RefObject<HTMLElement>, conversation: Conversation, isWhole: boolean) {
  const isBusy = useRef(false);
  /** Set when turns could not be loaded. Then a button loads them. */
  const hasFailed = useRef(false);
  const isDrawn = useRef(isWhole);
  isDrawn.current = isWhole;

  const load = useCallback(
    async (side: 'earlier' | 'later'): Promise<boolean> => {
      if (isBusy.current) return false;
      isBusy.current = true;
      const loads = await (side === 'earlier' ? conversation.loadEarlier() : conversation.loadLater());
      isBusy.current = false;
      hasFailed.current = !loads;
      return loads;
    },
    [conversation],
  );

  const look = useCallback(() => {
    const element = arena.current;
    if (!element || isBusy.current || hasFailed.current || !isDrawn.current) return;
    const { earlier, later } = conversation.store.read();
    const { scrollTop, scrollHeight, clientHeight } = element;
    const isNearEnd = scrollHeight - scrollTop - clientHeight < near * clientHeight;
    const side = earlier !== null && scrollTop < near * clientHeight ? 'earlier' : later && isNearEnd ? 'later' : null;
    if (side === null) return;
    /** The turns are drawn from the next frame on, a few at a time. */
    const drawn = () => {
      if (!arena.current) return;
      if (!isDrawn.current) return void requestAnimationFrame(drawn);
      letGo(arena.current, conversation);
      look();
    };
    void load(side).then((loads) => {
      if (loads) requestAnimationFrame(drawn);
    });
  }, [arena, conversation, load]);

  useEffect(() => {
    const element = arena.current;
    if (!element) return;
    element.addEventListener('scroll', look, { passive: true });
    return () => element.removeEventListener('scroll', look);
  }, [arena, look]);

  return { loadEarlier: () => void load('earlier'), loadLater: () => void load('later') };
}

/** Lets go of turns that are far from the view, unless somebody writes in one of them or has the focus there. */
function letGo(arena: HTMLElement, conversation: Conversation): void {
  const turns = [...arena.querySelectorAll<HTMLElement>('.turn')];
  if (turns.length <= turnsKept + turnsMore) return;
  const view = arena.getBoundingClientRect();
  const isNear = (turn: HTMLElement) => {
    const { top, bottom } = turn.getBoundingClientRect();
    const isHeld = turn.contains(document.activeElement) || turn.querySelector('textarea') !== null;
    return isHeld || (bottom > view.top - far * view.height && top < view.bottom + far * view.height);
  };
  let first = turns.findIndex(isNear);
  let last = turns.findLastIndex(isNear);
  if (first < 0) return;
  while (last - first + 1 < turnsKept && (first > 0 || last < turns.length - 1)) {
    first = Math.max(0, first - 1);
    last = Math.min(turns.length - 1, last + 1);
  }
  const idAt = (at: number) => turns[at]?.dataset.turn ?? '';
  conversation.leave(idAt(first), idAt(last));
}
