import { useCallback, useEffect, useRef, useState } from 'react';
import { useBrowserLayoutEffect } from '../../ui/browser/layout-effect.ts';

/**
 * Controls how the arena scrolls. A new turn comes to the top and its answers grow below it, so that nothing moves while
 * the member reads. Only a member who went to the end is kept at the end.
 *
 * @param takenOver whether the page's script has taken over what the server rendered
 * @param openedAt the turn at which the page opens; null: the newest one
 */
export function useArenaScroll(newestTurnId: string | undefined, takenOver: boolean, openedAt: string | null) {
  const ref = useRef<HTMLDivElement>(null);
  const follows = useRef(false);
  const lastTop = useRef(0);
  const [belowIsMore, setBelowIsMore] = useState(false);

  const measure = useCallback(() => {
    const arena = ref.current;
    if (!arena) return;
    const content = arena.lastElementChild as HTMLElement | null;
    const last = content?.querySelector('.lanes')?.getBoundingClientRect().bottom ?? 0;
    setBelowIsMore(last > arena.getBoundingClientRect().bottom + 48);
  }, []);

  const grown = useCallback(() => {
    const arena = ref.current;
    if (arena && follows.current) arena.scrollTop = arena.scrollHeight;
    measure();
  }, [measure]);

  const opening = useRef<{ at: string | null; newest: string | undefined }>({ at: openedAt, newest: newestTurnId });
  // A new turn moves the page. Turns that are put before it must not.
  useBrowserLayoutEffect(() => {
    const arena = ref.current;
    const { at, newest } = opening.current;
    const opened =
      at !== null && newest === newestTurnId ? arena?.querySelector(`[data-turn="${CSS.escape(at)}"]`) : null;
    const turn = (opened ?? arena?.lastElementChild) as HTMLElement | null | undefined;
    if (!arena || !turn?.matches('.turn')) return;
    follows.current = false;
    arena.scrollTop = turn.offsetTop - arena.offsetTop;
    measure();
  }, [newestTurnId, takenOver]);

  useEffect(() => {
    const arena = ref.current;
    if (!arena) return;
    const resized = new ResizeObserver(grown);
    const observe = () => {
      resized.disconnect();
      resized.observe(arena);
      for (const child of arena.children) resized.observe(child);
    };
    const changed = new MutationObserver(observe);
    changed.observe(arena, { childList: true });
    observe();
    return () => {
      resized.disconnect();
      changed.disconnect();
    };
  }, [grown]);

  /** Stops following the end when the member scrolls up. A page that shrinks scrolls up too, but stays at its end. */
  const scrolled = () => {
    const arena = ref.current;
    if (!arena) return;
    const { scrollTop, scrollHeight, clientHeight } = arena;
    if (scrollTop < lastTop.current && scrollHeight - clientHeight - scrollTop > 1) follows.current = false;
    lastTop.current = scrollTop;
    measure();
  };
  return {
    ref,
    belowIsMore,
    toEnd() {
      follows.current = true;
      grown();
    },
    handlers: { onScroll: scrolled },
  };
}
