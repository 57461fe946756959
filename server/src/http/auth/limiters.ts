import { createHash } from 'node:crypto';
import { APIError } from 'better-auth/api';
import { type RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible';
import { addressBlock } from '../address-block.ts';
import type { HookContext } from './hooks.ts';
import { addressHeader } from './inner-headers.ts';

/** Makes limiters that count attempts for all processes together (database/attempt-count.ts). */
export type LimiterMaker = (options: {
  /** Keeps its keys apart from other limiters' keys. */
  keyPrefix: string;
  /** Attempts that are allowed in a window. */
  points: number;
  /** The length of a window, in seconds. */
  duration: number;
}) => RateLimiterAbstract;

/** A digest of the network that a request comes from, by which attempts are counted. */
export function blockOf({ headers }: HookContext): string {
  return digest(addressBlock(headers?.get(addressHeader) ?? ''));
}

/** A digest of a key: keys are stored for a whole window, and a client may send anything. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

/** Throws the limiter's answer if the attempts are used up; takes none. */
export async function look(limiter: RateLimiterAbstract, key: string): Promise<void> {
  const spent = await limiter.get(key);
  if (spent && spent.remainingPoints <= 0) throw spent;
}

/**
 * Does work that counts attempts, and refuses it after too many.
 *
 * @param what the attempts are, such as `wrong passwords`
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
