import { useLocation, useNavigation, useSearchParams } from '@remix-run/react';
import { useEffect, useRef, useState } from 'react';
import { useBrowserLayoutEffect } from '../ui/browser/layout-effect.ts';

const pauseMs = 300;

/**
 * What is searched for, and how to change it. The text is there at once, for a field that waited for its address would
 * throw the caret about; the address, `search`, follows after a pause, and leads when somebody goes elsewhere by it.
 */
export function useSearchAddress(): [text: string, change: (text: string) => void] {
  const [params, setParams] = useSearchParams();
  const address = params.get('search') ?? '';
  const [typed, setTyped] = useState({ text: address, written: address, seen: address });
  if (typed.seen !== address) {
    const own = typed.written === address;
    setTyped({ text: own ? typed.text : address, written: address, seen: address });
  }

  const here = useLocation().pathname;
  const goingTo = useNavigation().location?.pathname ?? here;
  const write = (text: string) => {
    // Whoever has chosen another page meanwhile is not called back.
    if (goingTo !== here) return;
    const next = new URLSearchParams(params);
    if (text) next.set('search', text);
    else next.delete('search');
    setTyped((before) => ({ ...before, written: text }));
    setParams(next, { replace: true, preventScrollReset: true });
  };
  const latest = useRef(write);
  useBrowserLayoutEffect(() => {
    latest.current = write;
  });

  const pause = useRef<ReturnType<typeof setTimeout>>();
  // From another page as little.
  useEffect(() => () => clearTimeout(pause.current), []);
  return [
    typed.text,
    (text) => {
      setTyped((before) => ({ ...before, text }));
      clearTimeout(pause.current);
      pause.current = setTimeout(() => latest.current(text), pauseMs);
    },
  ];
}
