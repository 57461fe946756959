/** How long the work may keep others waiting, in milliseconds. */
const sliceMs = 8;

/** Runs work that pauses often, without holding up the page. Rejects if it is aborted. */
export async function inSlices<Result>(work: Generator<void, Result>, signal: AbortSignal): Promise<Result> {
  let sliceEnd = performance.now() + sliceMs;
  for (;;) {
    signal.throwIfAborted();
    const { done, value } = work.next();
    if (done) return value;
    if (performance.now() < sliceEnd) continue;
    await new Promise((resolve) => setTimeout(resolve));
    sliceEnd = performance.now() + sliceMs;
  }
}
