import { lazy, Suspense, useSyncExternalStore } from 'react';
import { Dialog } from '../../ui/dialog.tsx';
import { useShortcut } from './use-shortcut.ts';

const Content = lazy(() => import('./shortcut-list-content.tsx'));

const listeners = new Set<() => void>();
let isOpen = false;

/** Opens or closes the list of shortcuts, which is one for the whole page. */
export function showShortcuts(open: boolean): void {
  isOpen = open;
  for (const listener of listeners) listener();
}

/** The list of shortcuts in its dialog, and the keys that open it. */
export function ShortcutList() {
  const open = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => isOpen,
    () => false,
  );
  useShortcut('list', () => showShortcuts(!isOpen));
  return (
    <Dialog open={open} onOpenChange={showShortcuts}>
      {open ? (
        <Suspense>
          <Content />
        </Suspense>
      ) : null}
    </Dialog>
  );
}
