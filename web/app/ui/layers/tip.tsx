import { useLayoutEffect, useRef } from 'react';
import { createPortal } from 'react-dom';
import type { ShownTip, Tips } from './tips.ts';

/** Distances in pixels: from the element, and from the window's edge. */
const gap = 6;
const edge = 8;

/** A tooltip above its element, or below where there is no room. It follows the element, which text that arrives may move. */
export function Tip({ id, shown, tips }: { id: string; shown: ShownTip; tips: Tips }) {
  const tip = useRef<HTMLDivElement>(null);
  const { of } = shown;
  useLayoutEffect(() => {
    let frame = 0;
    const follow = () => {
      if (tip.current && of.isConnected) place(tip.current, of);
      else tips.leave(of, 'at once');
      frame = requestAnimationFrame(follow);
    };
    follow();
    return () => cancelAnimationFrame(frame);
  }, [of, tips]);
  return createPortal(
    <div
      ref={tip}
      id={id}
      role="tooltip"
      className="figures fixed top-0 z-50 w-max max-w-72 rounded-sm bg-foreground px-2 py-1 text-xs text-background"
      onPointerEnter={tips.stay}
      onPointerLeave={() => tips.leave(of)}
    >
      {shown.text}
    </div>,
    document.body,
  );
}

function place(tip: HTMLElement, of: HTMLElement): void {
  const at = of.getBoundingClientRect();
  const { width, height } = tip.getBoundingClientRect();
  const above = at.top - gap - height;
  const x = Math.max(edge, Math.min(at.left + at.width / 2 - width / 2, innerWidth - edge - width));
  const y = above >= edge ? above : at.bottom + gap;
  tip.style.left = `${x}px`;
  tip.style.top = `${y}px`;
}
