import { type RefObject, useEffect } from 'react';

/**
 * Focuses the prompt when its page opens, so that the member may type at once. It does not if that would bring up an
 * on-screen keyboard, or take the focus from anything but the link that led here.
 *
 * @param loaded what the page shows: if it changes, the page counts as opened anew
 */
export function usePromptFocus(prompt: RefObject<HTMLTextAreaElement>, loaded: unknown): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs once for each `loaded`
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
