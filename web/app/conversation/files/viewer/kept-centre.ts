import { type RefObject, useRef } from 'react';
import { useBrowserLayoutEffect } from '../../../ui/browser/layout-effect.ts';

/** Keeps what is in the middle of a box that scrolls in its middle while the box's content is zoomed. */
export function useKeptCentre(box: RefObject<HTMLElement>, zoom: unknown): void {
  const before = useRef<{ width: number; height: number } | null>(null);
  useBrowserLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const { scrollWidth: width, scrollHeight: height, clientWidth, clientHeight } = element;
    const last = before.current;
    before.current = { width, height };
    if (!last) return;
    // From right to left, the place is counted from the right, and is negative.
    const sign = getComputedStyle(element).direction === 'rtl' ? -1 : 1;
    const middle = Math.abs(element.scrollLeft) + clientWidth / 2;
    element.scrollLeft = sign * ((middle / last.width) * width - clientWidth / 2);
    element.scrollTop = ((element.scrollTop + clientHeight / 2) / last.height) * height - clientHeight / 2;
  }, [box, zoom]);
}
