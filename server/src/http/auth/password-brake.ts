import { isAPIError } from 'better-auth/api';
import type { Hook, HookContext } from './hooks.ts';
import { userHeader } from './inner-headers.ts';
import { blockOf, digest, type LimiterMaker, look, refusingTooMany } from './limiters.ts';

/** The paths that ask for a password. */
const guessable = [
  '/sign-in/email',
  '/change-password',
  '/verify-password',
  '/email/change',
  '/two-factor/enable',
  '/two-factor/disable',
  '/two-factor/generate-backup-codes',
  '/delete-account',
];

/**
 * Slows guessing down, over all processes: in five minutes ten wrong passwords for one account from one address, 100 for
 * one account from anywhere, 300 from one address. An attempt is counted in advance, so that many at once are not all let
 * through, and given back if the password was right. A member who changes or confirms a password is known by the session.
 */
export function passwordBrake(createLimiter: LimiterMaker): Hook {
  const duration = 300;
  const perAccountAndAddress = createLimiter({ keyPrefix: 'password', points: 10, duration });
  const perAccount = createLimiter({ keyPrefix: 'password-account', points: 100, duration });
  const perAddress = createLimiter({ keyPrefix: 'password-address', points: 300, duration });

  function keysOf(ctx: HookContext) {
    const who = ctx.path === '/sign-in/email' ? ctx.body?.email : ctx.headers?.get(userHeader);
    const account = typeof who === 'string' ? who.toLowerCase() : '';
    const address = blockOf(ctx);
    return { account: digest(account), address, both: digest(`${address} ${account}`) };
  }

  return {
    async before(ctx) {
      if (!guessable.includes(ctx.path)) return;
      const { account, address, both } = keysOf(ctx);
      await refusingTooMany('wrong passwords', async () => {
        // Looks without counting, so that a refusal by one limiter leaves the others as they were.
        await Promise.all([look(perAddress, address), look(perAccount, account)]);
        await perAccountAndAddress.consume(both);
        await Promise.all([perAddress.consume(address), perAccount.consume(account)]);
      });
    },
    async after(ctx) {
      if (!guessable.includes(ctx.path) || isAPIError(ctx.context.returned)) return;
      const { account, address, both } = keysOf(ctx);
      await Promise.all([perAccountAndAddress.delete(both), perAddress.reward(address), perAccount.reward(account)]);
    },
  };
}
