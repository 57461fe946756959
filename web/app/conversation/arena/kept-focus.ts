import type { FocusEvent, RefObject } from 'react';
import { useBrowserLayoutEffect } from '../../ui/browser/layout-effect.ts';

/**
 * What had the focus may go with what it stood in, a button with the state that offers it. The element has the focus
 * then, so that the keyboard goes on from there and not from the top of the page.
 *
 * @param state another one may show other buttons
 * @returns what the element listens with
 */
export function useKeptFocus(element: RefObject<HTMLElement>, state: string) {
  useBrowserLayoutEffect(() => {
    if (element.current && holdsFocus(element.current) && document.activeElement === document.body) {
      focusOn(element.current);
    }
  }, [state]);
  return {
    onFocus: ({ currentTarget }: FocusEvent<HTMLElement>) => {
      currentTarget.dataset.holdsFocus = 'true';
    },
    onBlur: ({ target, currentTarget }: FocusEvent<HTMLElement>) => {
      // Not so when it was pressed and waits; and of what is taken out of the page no blur is heard.
      if (!target.matches(':disabled')) delete currentTarget.dataset.holdsFocus;
      if (target === currentTarget) currentTarget.removeAttribute('tabindex');
    },
  };
}

/** What had the focus in a turn that was pending, to the turn that comes in its place in the same moment. */
let carriedOver: { button: string; lane: number } | null = null;

/**
 * From a pending turn to the one that the API made of it the focus goes along, to the same button of the same lane: on
 * the same page, and on that of the conversation which a new chat becomes.
 */
export function useCarriedFocus(
  turn: RefObject<HTMLElement>,
  { pending, newest }: { pending: boolean; newest: boolean },
): void {
  useBrowserLayoutEffect(() => {
    const element = turn.current;
    if (element && newest && carriedOver) takeUp(element, carriedOver);
    return () => {
      const left = pending && element ? leave(element) : null;
      if (!left) return;
      carriedOver = left;
      // What comes later does not come in its place.
      queueMicrotask(() => {
        if (carriedOver === left) carriedOver = null;
      });
    };
  }, []);
}

function leave(turn: HTMLElement): typeof carriedOver {
  const active = buttonsOf(turn).find((button) => button === document.activeElement);
  if (active) return { button: signOf(turn, active), lane: laneOf(turn, active) };
  const lane = lanesOf(turn).findIndex((element) => holdsFocus(element.querySelector('article')));
  return lane < 0 ? null : { button: '', lane };
}

function takeUp(turn: HTMLElement, { button, lane }: NonNullable<typeof carriedOver>): void {
  const same = buttonsOf(turn).find((other) => !other.disabled && signOf(turn, other) === button);
  const article = lanesOf(turn)[lane]?.querySelector('article');
  if (same) same.focus({ preventScroll: true });
  else if (article) focusOn(article);
}

function focusOn(element: HTMLElement): void {
  element.tabIndex = -1;
  element.focus({ preventScroll: true });
}

function holdsFocus(element: HTMLElement | null): boolean {
  return element?.dataset.holdsFocus === 'true';
}

/** The same for the buttons that stand in the same place and do the same. */
function signOf(turn: HTMLElement, button: HTMLButtonElement): string {
  const tab = [...turn.querySelectorAll('[role=tab]')].indexOf(button);
  // A tab says how its lane is, too.
  const name = tab < 0 ? (button.getAttribute('aria-label') ?? button.textContent) : tab;
  return `${laneOf(turn, button)} ${name}`;
}

function laneOf(turn: HTMLElement, button: HTMLElement): number {
  return lanesOf(turn).findIndex((lane) => lane.contains(button));
}

function lanesOf(turn: HTMLElement): HTMLElement[] {
  return [...turn.querySelectorAll<HTMLElement>('.lane')];
}

function buttonsOf(turn: HTMLElement): HTMLButtonElement[] {
  return [...turn.querySelectorAll('button')];
}
