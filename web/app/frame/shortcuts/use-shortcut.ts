import { useEffect, useRef, useSyncExternalStore } from 'react';
import { useBrowserLayoutEffect } from '../../ui/browser/layout-effect.ts';
import { promptField } from '../../ui/browser/prompt-focus.ts';
import { isPressed, keyNames } from './pressed.ts';
import { type ShortcutName, shortcuts } from './shortcuts.ts';

/**
 * Calls `onPress` when the keys of a shortcut are pressed anywhere, unless somebody nearer to the focus has taken them.
 *
 * @param onPress returns false if it has nothing to do now, so that the keys go on to others
 */
// biome-ignore lint/suspicious/noConfusingVoidType: what does something always need not say so
export function useShortcut(name: ShortcutName, onPress: () => boolean | void): void {
  const current = useRef(onPress);
  useBrowserLayoutEffect(() => {
    current.current = onPress;
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || !isPressed(name, event)) return;
      // Escape ends what is done in a field, except in the prompt, where there is nothing to end.
      if (event.key === 'Escape' && isOtherField(event.target)) return;
      if (current.current() !== false) event.preventDefault();
    };
    // The page's components listen at the document too, and before: what they take has come to its end here.
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, [name]);
}

function isOtherField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement) || target.matches(promptField)) return false;
  return (
    target.isContentEditable || target.matches('textarea, select, input') || target.closest('[role=dialog]') !== null
  );
}

const noChanges = () => () => {};

/** Whether the keyboard is a Mac's. The server does not know it. */
export function useIsMac(): boolean {
  return useSyncExternalStore(
    noChanges,
    () => /Mac|iPhone|iPad/.test(navigator.platform),
    () => false,
  );
}

/** The first keys of a shortcut in one word, such as ⌘K or Ctrl K; empty in the server's page, which leaves room for it. */
export function useKeysOf(name: ShortcutName): string {
  const isMac = useIsMac();
  const [keys = ''] = shortcuts[name].keys;
  return useSyncExternalStore(
    noChanges,
    () => keyNames(keys, isMac).join(isMac ? '' : ' '),
    () => '',
  );
}
