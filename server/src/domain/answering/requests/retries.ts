import { setTimeout as delay } from 'node:timers/promises';
import type { ModelFailure } from '../../../ports/language-model.ts';
import type { AnswerTarget } from './answer-target.ts';

const RETRIES_MAX = 2;
export const RETRY_DELAY_MS = 500;
/** If the provider asks for a longer wait, there is no retry: members do not wait that long for a first word. */
const RETRY_AFTER_MS_MAX = 10_000;

/** The wait before the next try; null: no more tries. */
export function delayOfRetry(
  { code, retryAfterMs }: ModelFailure,
  retries: number,
  retryDelayMs: number,
): number | null {
  // A time-out has already cost the member all of its wait.
  if (retries >= RETRIES_MAX || code === 'TIMEOUT') return null;
  if (retryAfterMs !== null && retryAfterMs > 0) return retryAfterMs <= RETRY_AFTER_MS_MAX ? retryAfterMs : null;
  return retryDelayMs * 2 ** retries * (0.75 + Math.random() / 2);
}

/** @returns false if the response was stopped meanwhile */
export async function waitUnlessStopped(
  delayMs: number,
  response: Pick<AnswerTarget, 'whenStopped'>,
): Promise<boolean> {
  const stopped = new AbortController();
  response.whenStopped({ stop: () => stopped.abort() });
  try {
    return await delay(delayMs, true, { signal: stopped.signal }).catch(() => false);
  } finally {
    response.whenStopped(null);
  }
}
