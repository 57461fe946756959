import { type FocusEvent, type RefObject, useRef } from 'react';
import { useBrowserLayoutEffect } from '../ui/layout-effect.ts';

/**
 * What had the focus may go with what it stood in, a button with the state that offers it. The element has the focus
 * then, so that the keyboard goes on from there and not from the top of the page.
 *
 * @param state another one may show other buttons
 * @returns what the element listens with
 */
export function useKeptFocus(element: RefObject<HTMLElement>, state: string) {
  const holds = useRef(false);
  useBrowserLayoutEffect(() => {
    if (!holds.current || !element.current || document.activeElement !== document.body) return;
    element.current.tabIndex = -1;
    element.current.focus({ preventScroll: true });
  }, [state]);
  return {
    onFocus: () => {
      holds.current = true;
    },
    onBlur: ({ target, currentTarget }: FocusEvent<HTMLElement>) => {
      // Not so when it was pressed and waits; and of what is taken out of the page no blur is heard.
      holds.current = target.matches(':disabled');
      if (target === currentTarget) currentTarget.removeAttribute('tabindex');
    },
  };
}
