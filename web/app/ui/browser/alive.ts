import { startTransition, useEffect, useState } from 'react';
import { useBrowserLayoutEffect } from './layout-effect.ts';

let isHydrated = false;

/**
 * Whether controls that need a script are worth rendering: false on the server and until the page is hydrated, then true,
 * also for components that come later.
 */
export function useAlive(): boolean {
  const [alive, setAlive] = useState(isHydrated);
  useEffect(() => {
    isHydrated = true;
    startTransition(() => setAlive(true));
  }, []);
  return alive;
}

/** As `useAlive`, but true before the hydrated page is first painted: for content that has to be in its place by then. */
export function useTakenOver(): boolean {
  const [taken, setTaken] = useState(isHydrated);
  useBrowserLayoutEffect(() => setTaken(true), []);
  return taken;
}
