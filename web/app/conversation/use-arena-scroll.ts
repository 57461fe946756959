import { useCallback, useEffect, useRef, useState } from 'react';
import { useBrowserLayoutEffect } from '../ui/layout-effect.ts';

/**
 * Where the arena stands. A new turn comes to the top and its answers grow below it, so that nothing moves while
 * one reads; only who went to the end is kept there.
 */
export function useArenaScroll(newestTurnId: string | undefined) {
  const ref = useRef<HTMLDivElement>(null);
  const follows = useRef(false);
  const [belowIsMore, setBelowIsMore] = useState(false);

  const measure = useCallback(() => {
    const arena = ref.current;
    if (!arena) return;
    if (follows.current) arena.scrollTop = arena.scrollHeight;
    const content = arena.lastElementChild as HTMLElement | null;
    const last = content?.querySelector('.lanes')?.getBoundingClientRect().bottom ?? 0;
    setBelowIsMore(last > arena.getBoundingClientRect().bottom + 48);
  }, []);

  // A new turn is what moves the page.
  useBrowserLayoutEffect(() => {
    const arena = ref.current;
    const last = arena?.lastElementChild as HTMLElement | null;
    if (!arena || !last?.matches('.turn')) return;
    follows.current = false;
    arena.scrollTop = last.offsetTop - arena.offsetTop;
    measure();
  }, [newestTurnId]);

  useEffect(() => {
    const arena = ref.current;
    if (!arena) return;
    const resized = new ResizeObserver(measure);
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
  }, [measure]);

  const release = () => {
    follows.current = false;
  };
  return {
    ref,
    belowIsMore,
    toEnd() {
      follows.current = true;
      measure();
    },
    /** Runs what puts turns before the others, without moving those that are seen. */
    async keepingPlace(change: () => Promise<void>) {
      const arena = ref.current;
      const before = arena ? arena.scrollHeight - arena.scrollTop : 0;
      await change();
      requestAnimationFrame(() => {
        if (arena) arena.scrollTop = arena.scrollHeight - before;
      });
    },
    handlers: { onScroll: measure, onWheel: release, onTouchMove: release, onKeyDown: release },
  };
}
