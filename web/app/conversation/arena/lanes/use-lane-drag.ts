import { type PointerEvent as ReactPointerEvent, useEffect, useRef, useState } from 'react';
import { direction } from '../../../languages/locale.ts';
import { placeAt } from './place-at.ts';
import type { PlacedLanes } from './placed-lanes.ts';

/** How far the pointer goes before it drags, in pixels. */
const slack = 8;

/**
 * Lets a mouse or a pen move a lane by its head. The lanes change their places while it moves; Escape puts them back. A
 * finger scrolls instead.
 *
 * @returns the key of the lane that is dragged, and the handler of the head's `pointerdown`
 */
export function useLaneDrag({ lanes, movable, move }: PlacedLanes) {
  const [dragged, setDragged] = useState<string | null>(null);
  const current = useRef({ lanes, move });
  current.current = { lanes, move };
  const end = useRef<(() => void) | null>(null);
  useEffect(() => () => end.current?.(), []);

  function start(event: ReactPointerEvent<HTMLElement>, key: string): void {
    const target = event.target as Element;
    if (!movable || event.button !== 0 || event.pointerType === 'touch') return;
    if (!target.closest('[data-lane-head]') || target.closest('button')) return;
    const row = event.currentTarget.parentElement;
    const from = placeOf(key);
    const startX = event.clientX;
    let dragging = false;

    const onMove = ({ clientX }: PointerEvent) => {
      if (!row || (!dragging && Math.abs(clientX - startX) < slack)) return;
      if (!dragging) setDragged(key);
      dragging = true;
      const boxes = [...row.children].map((lane) => inReading(lane.getBoundingClientRect()));
      current.current.move(key, placeAt(boxes, placeOf(key), direction === 'rtl' ? -clientX : clientX));
    };
    const onKey = (pressed: KeyboardEvent) => {
      if (pressed.key !== 'Escape' || !dragging) return;
      pressed.preventDefault();
      pressed.stopPropagation();
      current.current.move(key, from);
      end.current?.();
    };
    const stop = () => {
      removeEventListener('pointermove', onMove);
      removeEventListener('pointerup', stop);
      removeEventListener('pointercancel', stop);
      removeEventListener('keydown', onKey, true);
      end.current = null;
      setDragged(null);
    };
    end.current?.();
    end.current = stop;
    addEventListener('pointermove', onMove);
    addEventListener('pointerup', stop);
    addEventListener('pointercancel', stop);
    addEventListener('keydown', onKey, true);
  }

  function placeOf(key: string): number {
    return current.current.lanes.findIndex((lane) => lane.key === key);
  }

  return { dragged, start };
}

/** The box where it were if the page was read from left to right. */
function inReading({ left, right }: DOMRect): { left: number; right: number } {
  return direction === 'rtl' ? { left: -right, right: -left } : { left, right };
}
