import { useEffect } from 'react';

/**
 * Has the style sheet know the height that is seen (`--seen`) where an on-screen keyboard covers the page and does not make
 * it lower, as on iOS. The page stays at its top: such a browser would move it up, with its bar out of sight.
 */
export function useSeenHeight(): void {
  useEffect(() => {
    const { visualViewport: seen } = window;
    if (!seen) return;
    const { style } = document.documentElement;
    const look = () => {
      // Who zooms in sees less of the page, and wants no other layout.
      const covered = seen.scale === 1 && innerHeight - seen.height > leastKeyboard;
      if (covered) style.setProperty('--seen', `${seen.height}px`);
      else style.removeProperty('--seen');
      if (covered) scrollTo(0, 0);
    };
    seen.addEventListener('resize', look);
    return () => {
      seen.removeEventListener('resize', look);
      style.removeProperty('--seen');
    };
  }, []);
}

/** No keyboard is lower than this, in pixels; a browser's own bars are. */
const leastKeyboard = 120;
