import { setTimeout as delay } from 'node:timers/promises';
import { Pace } from './pace.ts';

type Wait = (ms: number, value: undefined, options: { signal?: AbortSignal }) => Promise<unknown>;

/** Streams that are opened without a wait, and how many may wait to be. */
const BURST = 10;
const WAITING_MAX = 100;

/**
 * Makes a fetch that opens streams at a pace. A server may end each at once and say that it is to be asked for the next one
 * without a wait; the SDK does so, for ever.
 *
 * @param wait as time goes; only tests name another
 */
export function pacedFetch(ask: typeof fetch, eachMs: number, wait: Wait = delay): typeof fetch {
  const pace = new Pace(BURST, eachMs);
  let waiting = 0;
  return async (input, init) => {
    if (init?.method !== 'GET') return ask(input, init);
    if (waiting >= WAITING_MAX) throw new TypeError('fetch failed', { cause: new Error('Too many streams wait.') });
    const waitMs = pace.take();
    if (waitMs > 0) {
      waiting += 1;
      await wait(waitMs, undefined, init.signal ? { signal: init.signal } : {}).finally(() => {
        waiting -= 1;
      });
    }
    return ask(input, init);
  };
}
