import { useCallback, useEffect, useRef, useState } from 'react';
import { useBrowserLayoutEffect } from '../../ui/browser/layout-effect.ts';

/**
 * Controls how the arena scrolls. A new turn comes to the top and its answers grow below it, so that nothing moves while
 * the member reads. Only a member who went to the end is kept at the end.
 *
 * @param isWhole whether all turns are rendered, and not the newest ones alone
 */
export function useArenaScroll(newestTurnId: string | undefined, isWhole: boolean) {
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

  // A new turn moves the page. Turns that are put before it must not.
  useBrowserLayoutEffect(() => {
    const arena = ref.current;
    const last = arena?.lastElementChild as HTMLElement | null;
    if (!arena || !last?.matches('.turn')) return;
    follows.current = false;
    arena.scrollTop = last.offsetTop - arena.offsetTop;
    measure();
  }, [newestTurnId, isWhole]);

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
    /** Runs `change`, which puts turns before the others, without moving the turns in sight. */
    async keepingPlace(change: () => Promise<void>) {
      const arena = ref.current;
      const before = arena ? arena.scrollHeight - arena.scrollTop : 0;
      await change();
      requestAnimationFrame(() => {
        if (arena) arena.scrollTop = arena.scrollHeight - before;
      });
    },
    handlers: { onScroll: scrolled },
  };
}
