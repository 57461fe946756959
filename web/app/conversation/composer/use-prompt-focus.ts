import { type RefObject, useEffect } from 'react';

/**
 * Who comes to a page of prompts may type at once, where that brings up no keyboard of glass. The focus is taken from
 * nothing but the link that led here.
 */
export function usePromptFocus(prompt: RefObject<HTMLTextAreaElement>): void {
  useEffect(() => {
    const { activeElement } = document;
    const isFree = activeElement === null || activeElement === document.body;
    const ledHere = activeElement instanceof HTMLAnchorElement && activeElement.pathname === location.pathname;
    const isSkipLink = ledHere && activeElement.hash !== '';
    if ((isFree || (ledHere && !isSkipLink)) && matchMedia('(pointer: fine)').matches) {
      prompt.current?.focus({ preventScroll: true });
    }
  }, [prompt]);
}
