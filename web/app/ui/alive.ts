import { startTransition, useEffect, useState } from 'react';

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
