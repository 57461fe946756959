import { useSyncExternalStore } from 'react';

const noChanges = () => () => {};

/** The name of the key that opens the palette on this computer. The server does not know it, so its page leaves room for it. */
export function usePaletteKeyName(): string {
  return useSyncExternalStore(
    noChanges,
    () => (/Mac|iPhone|iPad/.test(navigator.platform) ? '⌘K' : 'Ctrl K'),
    () => '',
  );
}
