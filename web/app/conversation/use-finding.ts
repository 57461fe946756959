import { useLocation } from '@remix-run/react';
import { useCallback, useState } from 'react';
import { useShortcut } from '../frame/shortcuts/use-shortcut.ts';
import { type Finding, isStep } from './finding/finding.ts';
import { openedAtIn } from './session.ts';

/**
 * Whether a conversation is searched: since its address names a search, or since Ctrl+F was pressed. Pressed within the
 * search's own field it is the browser's.
 */
export function useFinding(isOpen: boolean): { finding: Finding | null; end: () => void } {
  const { key, search, state } = useLocation();
  const [finding, setFinding] = useState<Finding | null>(() => findingAt(search, 0));
  const [seen, setSeen] = useState(key);
  if (seen !== key) {
    setSeen(key);
    const named = findingAt(search, (finding?.number ?? 0) + 1);
    // A step of the search itself changes the address, too.
    if (named && !isStep(state)) setFinding(named);
  }
  useShortcut('find', () => {
    if (!isOpen || document.activeElement?.closest('[data-find-bar]')) return false;
    setFinding((now) => ({ number: (now?.number ?? 0) + 1, text: now?.text ?? '', turnId: null }));
  });
  return { finding: isOpen ? finding : null, end: useCallback(() => setFinding(null), []) };
}

function findingAt(search: string, number: number): Finding | null {
  const address = new URLSearchParams(search);
  const [text, turnId] = [address.get('find'), openedAtIn(address)];
  return text && turnId ? { number, text, turnId } : null;
}
