import { useEffect, useReducer, useRef } from 'react';

/** A rendering that takes no longer is done with every frame, in milliseconds. */
const cheapMs = 12;
/** Of a dearer one's own time, how much the page then gets for all else. */
const restShare = 3;

/**
 * What is shown of an answer's text: all of it, but where rendering it takes long and it goes on growing, new text waits,
 * so that at most a quarter of the browser's time goes into one answer.
 *
 * @returns the text to render, and what has to be called in a layout effect when it is rendered
 */
export function usePaced(text: string, writing: boolean): { shown: string; rendered: () => void } {
  const pace = useRef({ shown: text, beganAt: 0, costMs: 0, endedAt: 0 }).current;
  const [, look] = useReducer((looks: number) => looks + 1, 0);
  const dueAt = pace.endedAt + restShare * pace.costMs;
  const waits =
    writing && pace.costMs > cheapMs && performance.now() < dueAt && text !== pace.shown && text.startsWith(pace.shown);
  const shown = waits ? pace.shown : text;
  if (shown !== pace.shown || pace.beganAt === 0) pace.beganAt = performance.now();
  pace.shown = shown;
  useEffect(() => {
    if (!waits) return;
    const timer = setTimeout(look, Math.max(0, dueAt - performance.now()));
    return () => clearTimeout(timer);
  });
  return {
    shown,
    rendered() {
      if (pace.beganAt <= pace.endedAt) return;
      pace.endedAt = performance.now();
      pace.costMs = pace.endedAt - pace.beganAt;
    },
  };
}
