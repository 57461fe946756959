import type { FocusEvent, RefObject } from 'react';
import { useBrowserLayoutEffect } from './layout-effect.ts';

/**
 * Keeps the focus in the element when the focused button disappears with the state that offers it. Then the element itself
 * gets the focus, so that the keyboard continues from there and not from the top of the page.
 *
 * @param state the state that the buttons depend on
 * @returns the element's event handlers
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
      // A button that is disabled while it waits still counts as focused. A button that is removed from the page causes no blur.
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
