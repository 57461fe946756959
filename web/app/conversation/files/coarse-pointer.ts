import { useSyncExternalStore } from 'react';

const coarse = '(pointer: coarse)';

/** Whether fingers point, as on a phone. The server does not know it. */
export function useCoarsePointer(): boolean {
  return useSyncExternalStore(
    (listener) => {
      const query = matchMedia(coarse);
      query.addEventListener('change', listener);
      return () => query.removeEventListener('change', listener);
    },
    () => matchMedia(coarse).matches,
    () => false,
  );
}
