import { useEffect, useReducer, useRef } from 'react';

/** A rendering that takes no longer is done at every frame. */
const cheapMs = 12;
/** After a longer rendering, the page gets this many times its duration for everything else. */
const restShare = 3;

/**
 * Decides how much of an answer's text to render: all of it, unless rendering takes long while the text grows. Then new
 * text waits, so that one answer takes at most a quarter of the browser's time.
 *
 * @returns the text to render, and a function to be called in a layout effect once it is rendered
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
