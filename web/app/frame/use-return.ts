import { useEffect, useRef } from 'react';
import { useBrowserLayoutEffect } from '../ui/browser/layout-effect.ts';

const pauseMs = 2000;

/** Calls `onReturn` when the member comes back to the page: its content may have changed in another tab, or on a phone. */
export function useReturn(onReturn: () => void): void {
  const latest = useRef(onReturn);
  useBrowserLayoutEffect(() => {
    latest.current = onReturn;
  });
  useEffect(() => {
    let calledAt = 0;
    const listen = () => {
      // Coming back to a tab often causes both events.
      if (document.visibilityState !== 'visible' || Date.now() - calledAt < pauseMs) return;
      calledAt = Date.now();
      latest.current();
    };
    document.addEventListener('visibilitychange', listen);
    addEventListener('focus', listen);
    return () => {
      document.removeEventListener('visibilitychange', listen);
      removeEventListener('focus', listen);
    };
  }, []);
}
