import { createHash } from 'node:crypto';
import { APIError } from 'better-auth/api';
import { type RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible';
import { addressBlock } from '../address-block.ts';
import type { HookContext } from './hooks.ts';
import { addressHeader } from './inner-headers.ts';

/** Makes what counts attempts, for all processes together (database/attempt-count.ts). */
export type LimiterMaker = (options: {
  /** Tells its keys from those of others. */
  keyPrefix: string;
  /** Attempts in a window. */
  points: number;
  /** Of a window, in seconds. */
  duration: number;
}) => RateLimiterAbstract;

/** Where a request comes from, as attempts are counted; a digest of it. */
export function blockOf({ headers }: HookContext): string {
  return digest(addressBlock(headers?.get(addressHeader) ?? ''));
}

/** Of a key: it is kept for as long as a window, and what is sent may be anything. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

/** Throws what there is to wait for where the attempts are used up, and takes none. */
export async function look(limiter: RateLimiterAbstract, key: string): Promise<void> {
  const spent = await limiter.get(key);
  if (spent && spent.remainingPoints <= 0) throw spent;
}

/**
 * Does what counts attempts; too many of them are refused.
 *
 * @param what is too many, such as `wrong passwords`
 * @throws APIError 429 with Retry-After
 */
export async function refusingTooMany(what: string, count: () => Promise<void>): Promise<void> {
  try {
    await count();
  } catch (refusal) {
    if (refusal instanceof RateLimiterRes) throw tooManyAttemptsError(what, refusal.msBeforeNext);
    throw refusal;
  }
}

function tooManyAttemptsError(what: string, waitMs: number): APIError {
  const seconds = Math.ceil(waitMs / 1000);
  const wait = seconds > 120 ? `${Math.ceil(seconds / 60)} minutes` : `${seconds} seconds`;
  const message = `Too many ${what}. Try again in ${wait}.`;
  return new APIError('TOO_MANY_REQUESTS', { code: 'TOO_MANY_ATTEMPTS', message }, { 'Retry-After': String(seconds) });
}
