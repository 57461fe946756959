/**
 * Calls back when the browser has nothing else to do, after `timeoutMs` at the latest. Some browsers do not say when that is:
 * there the work waits for 50 ms.
 *
 * @returns a function that takes the work back
 */
export function whenIdle(work: () => void, timeoutMs: number): () => void {
  if (typeof requestIdleCallback === 'function') {
    const due = requestIdleCallback(work, { timeout: timeoutMs });
    return () => cancelIdleCallback(due);
  }
  const due = setTimeout(work, 50);
  return () => clearTimeout(due);
}
