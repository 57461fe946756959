import { ui as texts } from 'texts:everywhere';
import { type PointerEvent, type RefObject, useEffect, useRef, useState } from 'react';
import { Button } from '../button.tsx';

export interface Toast {
  text: string;
  /** One action that the member can take, such as Undo. */
  action?: { label: string; run: () => void };
  /** Called when the toast goes away without the action. */
  onExpire?: () => void;
  durationMs?: number;
}

interface ToastsProps {
  toasts: readonly (Toast & { key: number })[];
  onGone: (key: number) => void;
}

/**
 * The lines that are shown: above a sheet, under a dialog, and neither on an answer nor on the composer. Screen readers read
 * what comes into this place, so it is always in the page. The lines stay while somebody points at them, has the focus in
 * them or looks elsewhere; F8 leads to them.
 */
export function Toasts({ toasts, onGone }: ToastsProps) {
  const place = useRef<HTMLDivElement>(null);
  const any = toasts.length > 0;
  const stay = useReading(place, any);
  return (
    <section
      ref={place}
      // A place without a name is none to screen readers.
      aria-label={any ? texts.notifications({ hotkey: 'F8' }) : undefined}
      tabIndex={-1}
      onPointerDownCapture={({ nativeEvent }) => presses.add(nativeEvent)}
      onFocusCapture={({ nativeEvent }) => presses.add(nativeEvent)}
      className="pointer-events-auto fixed top-2 left-1/2 z-45 w-[min(420px,calc(100vw-32px))] -translate-x-1/2 outline-none max-lg:top-16"
    >
      <div aria-live="polite" className="flex flex-col gap-2">
        {toasts.map(({ key, ...toast }) => (
          <Line key={key} toast={toast} stays={stay} onGone={() => onGone(key)} />
        ))}
      </div>
    </section>
  );
}

/** A finger's press is looked at when it ends, after its Undo has gone from the page with its line. */
const presses = new WeakSet<Event>();

/** Whether it was a line that was pressed, or that the focus went to. */
export function isOnToasts(event: Event): boolean {
  return presses.has(event);
}

/** How far to the side a line is drawn until it goes, in pixels. */
const drawn = 50;

function Line({ toast, stays, onGone }: { toast: Toast; stays: boolean; onGone: () => void }) {
  const line = useRef<HTMLDivElement>(null);
  const leftMs = useRef(toast.durationMs ?? 5000);
  const from = useRef<number | null>(null);
  const goes = useRef(() => {});
  goes.current = () => {
    toast.onExpire?.();
    leave();
  };
  useEffect(() => {
    if (stays) return;
    const began = performance.now();
    const timer = setTimeout(() => goes.current(), leftMs.current);
    return () => {
      clearTimeout(timer);
      leftMs.current -= performance.now() - began;
    };
  }, [stays]);

  /** The focus stays where the line was, not at the top of the page. */
  function leave(): void {
    const { current } = line;
    if (current?.contains(document.activeElement)) current.closest('section')?.focus();
    onGone();
  }

  function draw(event: PointerEvent): void {
    if (from.current === null || !line.current) return;
    const by = Math.max(0, event.clientX - from.current);
    if (by > drawn) goes.current();
    else line.current.style.translate = `${by}px`;
  }

  function letGo(): void {
    from.current = null;
    if (line.current) line.current.style.translate = '';
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: what a finger or the Escape key does here, waiting does too
    <div
      ref={line}
      className="flex animate-enter touch-pan-y items-center justify-between gap-4 rounded-lg border bg-popover py-2 ps-4 pe-2 text-sm shadow-float"
      onPointerDown={(event) => {
        from.current = event.pointerType === 'mouse' ? null : event.clientX;
      }}
      onPointerMove={draw}
      onPointerUp={letGo}
      onPointerCancel={letGo}
      onKeyDown={(event) => {
        if (event.key === 'Escape') goes.current();
      }}
    >
      <p className="line-clamp-2 min-w-0 flex-1 wrap-anywhere">{toast.text}</p>
      {toast.action ? (
        <Button
          size="small"
          variant="ghost"
          className="shrink-0 text-primary hover:text-primary"
          onClick={() => {
            toast.action?.run();
            leave();
          }}
        >
          {toast.action.label}
        </Button>
      ) : null}
    </div>
  );
}

/** Whether the lines are read, or nobody is there to read them. */
function useReading(place: RefObject<HTMLElement>, any: boolean): boolean {
  const [held, setHeld] = useState(false);
  useEffect(() => {
    const element = place.current;
    if (!any || !element) return;
    const holds = () => setHeld(true);
    const ends = () => setHeld(false);
    const onKeyDown = ({ key }: KeyboardEvent) => key === 'F8' && element.focus();
    const onFocusOut = ({ relatedTarget }: FocusEvent) => element.contains(relatedTarget as Node | null) || ends();
    const listening = new AbortController();
    const { signal } = listening;
    window.addEventListener('blur', holds, { signal });
    window.addEventListener('focus', ends, { signal });
    document.addEventListener('keydown', onKeyDown, { signal });
    element.addEventListener('pointermove', holds, { signal });
    element.addEventListener('pointerleave', ends, { signal });
    element.addEventListener('focusin', holds, { signal });
    element.addEventListener('focusout', onFocusOut, { signal });
    return () => {
      listening.abort();
      setHeld(false);
    };
  }, [place, any]);
  return held;
}
