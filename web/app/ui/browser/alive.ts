import { startTransition, useEffect, useState } from 'react';
import { useBrowserLayoutEffect } from './layout-effect.ts';

let isHydrated = false;

/**
 * Whether what only a script makes useful is worth its place: false in the server's page and until that has been taken
 * over, then true, also for what comes later.
 */
export function useAlive(): boolean {
  const [alive, setAlive] = useState(isHydrated);
  useEffect(() => {
    isHydrated = true;
    startTransition(() => setAlive(true));
  }, []);
  return alive;
}

/** As `useAlive`, for what has to stand where it belongs when the page that was taken over is painted first. */
export function useTakenOver(): boolean {
  const [taken, setTaken] = useState(isHydrated);
  useBrowserLayoutEffect(() => setTaken(true), []);
  return taken;
}
