import { createHash } from 'node:crypto';
import { APIError, createAuthMiddleware, isAPIError } from 'better-auth/api';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Accounts } from './accounts.ts';
import { addressHeader, userHeader } from './inner-headers.ts';

/** Where a password is asked for. */
const guessable = ['/sign-in/email', '/change-password'];

/**
 * Slows guessing down: of one address and account ten wrong passwords in five minutes, of one address 300. An attempt is
 * taken off in advance, so that many at once are not all let through, and given back when it was right. Who changes a
 * password is known by their session. Counted per process: N replicas let N times as many through.
 */
export function passwordBrake(accounts: Accounts) {
  const window = { duration: 300 };
  const perAccount = new RateLimiterMemory({ ...window, points: 10 });
  const perAddress = new RateLimiterMemory({ ...window, points: 300 });
  const keysOf = (ctx: { path: string; headers?: Headers | undefined; body?: { email?: unknown } }) => {
    const address = ctx.headers?.get(addressHeader) ?? '';
    const who = ctx.path === '/sign-in/email' ? ctx.body?.email : ctx.headers?.get(userHeader);
    const account = `${address} ${String(who).toLowerCase()}`;
    // Kept for as long as the window, and what is sent may be anything.
    return { address, account: createHash('sha256').update(account).digest('base64url') };
  };
  return {
    before: createAuthMiddleware(async (ctx) => {
      if (ctx.path === '/sign-up/email') await accounts.deleteHalfMadeUser(String(ctx.body?.email).toLowerCase());
      if (!guessable.includes(ctx.path)) return;
      const { address, account } = keysOf(ctx);
      try {
        // Only looked at, so that who is refused for the address leaves nothing behind, and who is refused for the account
        // takes nothing from others at that address.
        const spent = await perAddress.get(address);
        if (spent && spent.remainingPoints <= 0) throw spent;
        await perAccount.consume(account);
        await perAddress.consume(address);
      } catch (refusal) {
        if (refusal instanceof RateLimiterRes) throw tooManyAttemptsError(refusal.msBeforeNext);
        throw refusal;
      }
    }),
    after: createAuthMiddleware(async (ctx) => {
      if (!guessable.includes(ctx.path) || isAPIError(ctx.context.returned)) return;
      const { address, account } = keysOf(ctx);
      await perAccount.delete(account);
      await perAddress.reward(address);
    }),
  };
}

function tooManyAttemptsError(waitMs: number): APIError {
  const seconds = Math.ceil(waitMs / 1000);
  const message = `Too many wrong passwords. Try again in ${seconds} seconds.`;
  return new APIError('TOO_MANY_REQUESTS', { code: 'TOO_MANY_ATTEMPTS', message }, { 'Retry-After': String(seconds) });
}
