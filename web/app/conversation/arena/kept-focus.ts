import type { FocusEvent, RefObject } from 'react';
import { useBrowserLayoutEffect } from '../../ui/browser/layout-effect.ts';

/**
 * What had the focus may go with what it stood in, a button with the state that offers it. The element has the focus
 * then, so that the keyboard goes on from there and not from the top of the page.
 *
 * @param state another one may show other buttons
 * @returns what the element listens with
 */
export function useKeptFocus(element: RefObject<HTMLElement>, state: string) {
  useBrowserLayoutEffect(() => {
    if (element.current && holdsFocus(element.current) && document.activeElement === document.body) {
      focusOn(element.current);
    }
  }, [state]);
  return {
    onFocus: ({ currentTarget }: FocusEvent<HTMLElement>) => {
      currentTarget.dataset.holdsFocus = 'true';
    },
    onBlur: ({ target, currentTarget }: FocusEvent<HTMLElement>) => {
      // Not so when it was pressed and waits; and of what is taken out of the page no blur is heard.
      if (!target.matches(':disabled')) delete currentTarget.dataset.holdsFocus;
      if (target === currentTarget) currentTarget.removeAttribute('tabindex');
    },
  };
}

function focusOn(element: HTMLElement): void {
  element.tabIndex = -1;
  element.focus({ preventScroll: true });
}

function holdsFocus(element: HTMLElement | null): boolean {
  return element?.dataset.holdsFocus === 'true';
}
