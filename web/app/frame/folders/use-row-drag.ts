import { type RefObject, useEffect, useState } from 'react';

/**
 * The id of the conversation whose row is dragged in the list around the element; null: none is. Rows are links, which every
 * browser drags.
 */
export function useRowDrag(inside: RefObject<HTMLElement>): string | null {
  const [dragged, setDragged] = useState<string | null>(null);
  useEffect(() => {
    const list = inside.current?.closest('nav');
    if (!list) return;
    const controller = new AbortController();
    const { signal } = controller;
    const start = (event: DragEvent) => {
      const row = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-row]') : null;
      const id = row?.dataset.row;
      if (!row || id === undefined || !event.dataTransfer) return;
      const { left, top } = row.getBoundingClientRect();
      event.dataTransfer.effectAllowed = 'all';
      event.dataTransfer.setDragImage(row, event.clientX - left, event.clientY - top);
      // Chromium ends a drag whose beginning changes the page.
      setTimeout(() => setDragged(id));
    };
    list.addEventListener('dragstart', start, { signal });
    window.addEventListener('dragend', () => setTimeout(() => setDragged(null)), { signal });
    return () => controller.abort();
  }, [inside]);
  return dragged;
}
