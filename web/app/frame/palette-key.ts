import { useSyncExternalStore } from 'react';

const noChanges = () => () => {};

/** How the key that opens the palette is written here. The server cannot know, so its page has the room and no name. */
export function usePaletteKeyName(): string {
  return useSyncExternalStore(
    noChanges,
    () => (/Mac|iPhone|iPad/.test(navigator.platform) ? '⌘K' : 'Ctrl K'),
    () => '',
  );
}
