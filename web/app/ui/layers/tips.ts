import type { ReactNode } from 'react';

export interface ShownTip {
  /** The element that the tooltip is about. */
  of: HTMLElement;
  text: ReactNode;
}

/** Decides when a tooltip is shown: after the pointer has rested on an element, or at once if the keyboard brought the focus. */
export interface Tips {
  /** The pointer moves over the element. */
  point(of: HTMLElement, text: ReactNode): void;
  focus(of: HTMLElement, text: ReactNode): void;
  /** The element is pressed: whoever does that has read enough, until the pointer comes again. */
  press(of: HTMLElement): void;
  /** The pointer leaves the element for the tooltip or for elsewhere; `at once`: the focus does, or the element is gone. */
  leave(of: HTMLElement | null, how?: 'at once'): void;
  /** The pointer has come to the tooltip, which then stays. */
  stay(): void;
  /** The text about an element may have changed. */
  renew(of: HTMLElement | null, text: ReactNode): void;
  /** Begins to heed the Escape key. @returns a function that ends it */
  listen(): () => void;
}

/** How long the pointer rests before a tooltip is shown, in ms. */
const restMs = 400;
/** For how long after a tooltip the next one is shown without a rest, in ms. */
const readyMs = 300;
/** How long the pointer may take from the element to its tooltip, in ms. */
const wayMs = 100;

/** `id` is the tooltip's, which describes the element while it is shown; `show` shows it, or none. */
export function createTips(id: string, show: (tip: ShownTip | null) => void): Tips {
  let shown: ShownTip | null = null;
  let pressed: HTMLElement | null = null;
  let awaited: HTMLElement | null = null;
  let hiddenAt = Number.NEGATIVE_INFINITY;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** How the element was described before. */
  let described: string | null = null;

  function appear(of: HTMLElement, text: ReactNode): void {
    stop();
    if (shown?.of !== of) {
      restore();
      described = of.getAttribute('aria-describedby');
      of.setAttribute('aria-describedby', id);
    }
    shown = { of, text };
    show(shown);
  }

  function hide(): void {
    stop();
    if (!shown) return;
    restore();
    shown = null;
    hiddenAt = performance.now();
    show(null);
  }

  function restore(): void {
    if (described === null) shown?.of.removeAttribute('aria-describedby');
    else shown?.of.setAttribute('aria-describedby', described);
  }

  function stop(): void {
    clearTimeout(timer);
    awaited = null;
  }

  return {
    point(of, text) {
      if (of === pressed || of === awaited) return;
      if (of === shown?.of) return clearTimeout(timer);
      const isReady = shown !== null || performance.now() - hiddenAt < readyMs;
      if (isReady) return appear(of, text);
      stop();
      awaited = of;
      timer = setTimeout(() => appear(of, text), restMs);
    },
    focus(of, text) {
      if (of !== pressed && of.matches(':focus-visible')) appear(of, text);
    },
    press(of) {
      pressed = of;
      if (awaited === of) stop();
      if (shown?.of === of) hide();
    },
    leave(of, how) {
      if (pressed === of) pressed = null;
      if (awaited === of) stop();
      if (of === null || shown?.of !== of) return;
      if (how === 'at once') return hide();
      stop();
      timer = setTimeout(hide, wayMs);
    },
    stay: stop,
    renew(of, text) {
      if (of !== null && shown?.of === of && shown.text !== text) appear(of, text);
    },
    listen() {
      const onKeyDown = (event: KeyboardEvent) => {
        if (event.key === 'Escape') hide();
      };
      document.addEventListener('keydown', onKeyDown, true);
      return () => {
        document.removeEventListener('keydown', onKeyDown, true);
        stop();
      };
    },
  };
}
