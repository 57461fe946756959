import type { BetterAuthPlugin } from 'better-auth';
import { APIError, createAuthEndpoint, sensitiveSessionMiddleware } from 'better-auth/api';
import { type RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible';
import { z } from 'zod';
import { InvalidInputError } from '../../domain/ground/errors.ts';
import type { OneTimeLinks } from '../../domain/people/sign-in/one-time-links.ts';
import { requireEpoch } from './credentials-epoch.ts';
import { blockOf, digest, type LimiterMaker, look, refusingTooMany } from './limiters.ts';
import { emailFault } from './user-fields.ts';

const email = z.email().transform((address) => address.toLowerCase());
const token = z.string().max(200);

/**
 * Counts the mails that strangers have sent to an address, of whichever kind: one address is sent at most 5 in an hour.
 */
export class MailsToOne {
  readonly #limiter: RateLimiterAbstract;

  constructor(createLimiter: LimiterMaker) {
    this.#limiter = createLimiter({ keyPrefix: 'mail-to', points: 5, duration: 3600 });
  }

  /** Throws the limiter's answer if the mails are used up; takes none. */
  look(to: string): Promise<void> {
    return look(this.#limiter, digest(to));
  }

  /** Throws the limiter's answer if the mails are used up. */
  async take(to: string): Promise<void> {
    await this.#limiter.consume(digest(to));
  }

  /** Whether there is one left, which is taken then. */
  async tryTake(to: string): Promise<boolean> {
    return this.take(to).then(
      () => true,
      (refusal: unknown) => {
        if (refusal instanceof RateLimiterRes) return false;
        throw refusal;
      },
    );
  }
}

/**
 * The endpoints of links that are sent by mail or handed over: for a new password, and to confirm an address. One network
 * asks for at most 30 mails in an hour, and tries at most 20 links in five minutes.
 */
export function mailedLinks(links: OneTimeLinks, toOne: MailsToOne, createLimiter: LimiterMaker): BetterAuthPlugin {
  const fromOne = createLimiter({ keyPrefix: 'mail-from', points: 30, duration: 3600 });
  const tries = createLimiter({ keyPrefix: 'link', points: 20, duration: 300 });

  async function countMail(ctx: { headers?: Headers | undefined }, to: string): Promise<void> {
    if (!links.sendsMail) {
      throw new APIError('FORBIDDEN', { code: 'NO_MAIL', message: 'This server sends no mail. Ask an admin.' });
    }
    const block = blockOf({ path: '', headers: ctx.headers, context: {} });
    await refusingTooMany('mails', async () => {
      await toOne.look(to);
      await fromOne.consume(block);
      await toOne.take(to);
    });
  }

  /** Counts wrong links, and refuses after too many. */
  async function trying(ctx: { headers?: Headers | undefined }, use: () => Promise<void>): Promise<void> {
    const block = blockOf({ path: '', headers: ctx.headers, context: {} });
    await refusingTooMany('links', async () => {
      await tries.consume(block);
    });
    await use().catch((error: unknown) => {
      if (!(error instanceof InvalidInputError)) throw error;
      throw new APIError('BAD_REQUEST', { code: 'LINK_INVALID', message: error.message });
    });
    await tries.reward(block);
  }

  const forgotPassword = createAuthEndpoint(
    '/password/forgot',
    { method: 'POST', body: z.object({ email }) },
    async (ctx) => {
      await countMail(ctx, ctx.body.email);
      links.mailReset(ctx.body.email);
      return ctx.json({ status: true });
    },
  );

  const resetForgotten = createAuthEndpoint(
    '/password/reset',
    { method: 'POST', body: z.object({ token, newPassword: z.string(), revokeApiKeys: z.boolean().optional() }) },
    async (ctx) => {
      const { newPassword, revokeApiKeys = false, token } = ctx.body;
      const { minPasswordLength, maxPasswordLength } = ctx.context.password.config;
      if (newPassword.length < minPasswordLength) throw lengthError('PASSWORD_TOO_SHORT', 'Password too short');
      if (newPassword.length > maxPasswordLength) throw lengthError('PASSWORD_TOO_LONG', 'Password too long');
      await trying(ctx, async () => {
        // Hashing is slow on purpose, and not for strangers.
        await links.requireReset(token);
        const hash = await ctx.context.password.hash(newPassword);
        await links.reset(token, { hash, revokeApiKeys });
      });
      return ctx.json({ status: true });
    },
  );

  const confirmEmail = createAuthEndpoint(
    '/email/confirm',
    { method: 'POST', body: z.object({ token }) },
    async (ctx) => {
      await trying(ctx, () => links.confirm(ctx.body.token));
      return ctx.json({ status: true });
    },
  );

  const resendConfirmation = createAuthEndpoint(
    '/email/resend',
    { method: 'POST', body: z.object({ email }) },
    async (ctx) => {
      await countMail(ctx, ctx.body.email);
      links.mailConfirmationAgain(ctx.body.email);
      return ctx.json({ status: true });
    },
  );

  const changeEmailByMail = createAuthEndpoint(
    '/email/change',
    { method: 'POST', body: z.object({ newEmail: email, password: z.string() }), use: [sensitiveSessionMiddleware] },
    async (ctx) => {
      const { user } = ctx.context.session;
      const { newEmail, password } = ctx.body;
      const fault = emailFault(newEmail);
      if (fault) throw new APIError('BAD_REQUEST', fault);
      const hash = (await ctx.context.internalAdapter.findCredentialAccount(user.id))?.password;
      if (!hash || !(await ctx.context.password.verify({ hash, password }))) {
        throw new APIError('BAD_REQUEST', { code: 'INVALID_PASSWORD', message: 'Invalid password' });
      }
      await countMail(ctx, newEmail);
      links.mailChange(user.id, { email: newEmail, credentialsEpoch: requireEpoch(ctx.headers) });
      return ctx.json({ status: true });
    },
  );

  return {
    id: 'mailed-links',
    endpoints: { forgotPassword, resetForgotten, confirmEmail, resendConfirmation, changeEmailByMail },
  };
}

function lengthError(code: string, message: string): APIError {
  return new APIError('BAD_REQUEST', { code, message });
}
