import { type RefObject, useEffect } from 'react';

/**
 * Who comes to a page of prompts may type at once, where that brings up no keyboard of glass. The focus is taken from
 * nothing but the link that led here.
 *
 * @param loaded what the page shows: another one is come to anew
 */
export function usePromptFocus(prompt: RefObject<HTMLTextAreaElement>, loaded: unknown): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each that is loaded
  useEffect(() => {
    const { activeElement } = document;
    const isFree = activeElement === null || activeElement === document.body;
    const ledHere = activeElement instanceof HTMLAnchorElement && activeElement.pathname === location.pathname;
    const isSkipLink = ledHere && activeElement.hash !== '';
    if ((isFree || (ledHere && !isSkipLink)) && matchMedia('(pointer: fine)').matches) {
      prompt.current?.focus({ preventScroll: true });
    }
  }, [loaded]);
}
