import { useLocation, useNavigation, useSearchParams } from '@remix-run/react';
import { useEffect, useRef, useState } from 'react';
import { useBrowserLayoutEffect } from '../ui/browser/layout-effect.ts';

const pauseMs = 300;

/**
 * The search text of a page, which its address keeps as `search`, and a function that changes it. The text changes at once:
 * a field that waited for the address would move the caret about. The address follows after `pauseMs`. If the member
 * goes to an address with another `search`, the text follows it.
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
    // A member who has chosen another page meanwhile is not called back.
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
  // A member who has left the page is not called back either.
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
