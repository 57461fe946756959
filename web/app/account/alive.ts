import { useSyncExternalStore } from 'react';

const noChanges = () => () => {};

/**
 * Whether React has hydrated the page. Until then the browser itself would send a form, with the password in the address.
 */
export function useAlive(): boolean {
  return useSyncExternalStore(
    noChanges,
    () => true,
    () => false,
  );
}
