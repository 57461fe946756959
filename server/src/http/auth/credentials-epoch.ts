import type { BetterAuthPlugin } from 'better-auth';
import { APIError, createAuthMiddleware } from 'better-auth/api';
import type { Accounts } from './accounts.ts';
import { epochHeader, userHeader } from './inner-headers.ts';
import { userOf } from './second-factor.ts';

/*
 * Why this file is here: better-auth loads a password's hash, compares for a tenth of a second, and then makes the session.
 * Meanwhile the password may have been changed or taken away, and all sessions ended. So a request notes at its beginning
 * how often that has happened to its user, and the database refuses a session that names another count. So do the links
 * that change an address.
 */

/** Notes the count of the user whom the request is about, before anything else is looked up. */
export function credentialsEpoch(accounts: Accounts): BetterAuthPlugin {
  const handler = createAuthMiddleware(async (ctx) => {
    const epoch = ctx.path === '/sign-up/email' ? 0 : await find(ctx);
    if (epoch !== null) ctx.headers?.set(epochHeader, String(epoch));
  });

  async function find(ctx: Parameters<typeof userOf>[0]): Promise<number | null> {
    const email: unknown = ctx.body?.email;
    if (ctx.path === '/sign-in/email') {
      return typeof email === 'string' ? accounts.findCredentialsEpoch({ email: email.toLowerCase() }) : null;
    }
    const userId = ctx.headers?.get(userHeader) ?? (await userOf(ctx));
    return userId === null ? null : accounts.findCredentialsEpoch({ userId });
  }

  return {
    id: 'credentials-epoch',
    hooks: { before: [{ matcher: ({ path }) => path !== undefined && noting.has(path), handler }] },
  };
}

/** The requests that make sessions, and the one that leads to another address. */
const noting: ReadonlySet<string> = new Set([
  '/sign-up/email',
  '/sign-in/email',
  '/change-password',
  '/two-factor/enable',
  '/two-factor/disable',
  '/two-factor/verify-totp',
  '/two-factor/verify-backup-code',
  '/email/change',
]);

/** The count that the request noted; null: none. */
export function notedEpoch(headers: Headers | undefined): number | null {
  const noted = headers?.get(epochHeader) ?? null;
  return noted === null ? null : Number(noted);
}

/** `notedEpoch`, of a user who is there. */
export function requireEpoch(headers: Headers | undefined): number {
  const epoch = notedEpoch(headers);
  if (epoch === null) throw credentialsChangedError();
  return epoch;
}

/** The ways to sign in have changed since the request began. */
export function credentialsChangedError(): APIError {
  return new APIError('UNAUTHORIZED', {
    code: 'CREDENTIALS_CHANGED',
    message: 'The ways to sign in with this account have just changed. Sign in again.',
  });
}
