import { useEffect, useReducer, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import type { TurnFieldsFragment } from '../graphql/generated/graphql.ts';
import { whenIdle } from '../ui/browser/idle.ts';
import { useBrowserLayoutEffect } from '../ui/browser/layout-effect.ts';
import { drawnOf, openedOf } from './drawn-row.ts';
import { type ConversationState, keyOf } from './turns/conversation-state.ts';

/** How long a busy browser may keep a turn out of the page. */
const patienceMs = 100;

interface Drawing {
  /** Whether the page's script has taken over what the server rendered. */
  takenOver: boolean;
  /** The turn at which the page opens; null: the newest one. */
  openedAt: string | null;
}

/**
 * The turns that are drawn: first the one at which the conversation opens, as the server has rendered it, then those beside
 * it, a few at a time, so that the page responds in between. Turns that are loaded later come in the same way.
 */
export function useDrawnTurns(
  state: ConversationState,
  shown: readonly TurnFieldsFragment[],
  { takenOver, openedAt }: Drawing,
): readonly TurnFieldsFragment[] {
  const held = useRef<{ keys: ReadonlySet<string>; step: number }>({ keys: new Set(), step: 0 }).current;
  const [step, next] = useReducer((steps: number) => steps + 1, 0);
  const [isPrinted, print] = useState(false);
  const keys = shown.map((turn) => keyOf(state, turn));
  const [first, end] = isPrinted
    ? [0, shown.length]
    : takenOver
      ? drawnOf(shown, keys, { held: held.keys, openedAt, extends: step !== held.step })
      : openedOf(shown, openedAt);
  const isWhole = end - first === shown.length;
  useBrowserLayoutEffect(() => {
    if (!takenOver) return;
    held.keys = new Set(keys.slice(first, end));
    held.step = step;
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: after each step comes the next
  useEffect(() => {
    if (takenOver && !isWhole) return whenIdle(next, patienceMs);
  }, [takenOver, isWhole, step]);
  useEffect(() => {
    if (isWhole) return print(false);
    const all = () => flushSync(() => print(true));
    // Before what is drawn is formatted for the printer.
    addEventListener('beforeprint', all, { capture: true });
    return () => removeEventListener('beforeprint', all, { capture: true });
  }, [isWhole]);
  return isWhole ? shown : shown.slice(first, end);
}
