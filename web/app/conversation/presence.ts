import { useNavigation } from '@remix-run/react';
import { useCallback, useRef } from 'react';
import { useBrowserLayoutEffect } from '../ui/browser/layout-effect.ts';

/** Tells whether the person is still at the page that asks: it stands, and no other is on its way. */
export function usePresence(): () => boolean {
  const { state } = useNavigation();
  const present = useRef(false);
  useBrowserLayoutEffect(() => {
    present.current = state === 'idle';
    return () => {
      present.current = false;
    };
  }, [state]);
  return useCallback(() => present.current, []);
}
