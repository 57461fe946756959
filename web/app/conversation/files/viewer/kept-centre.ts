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
    element.scrollLeft = ((element.scrollLeft + clientWidth / 2) / last.width) * width - clientWidth / 2;
    element.scrollTop = ((element.scrollTop + clientHeight / 2) / last.height) * height - clientHeight / 2;
  }, [box, zoom]);
}
