import type { BetterAuthPlugin } from 'better-auth';
import { APIError, createAuthEndpoint, sensitiveSessionMiddleware } from 'better-auth/api';
import { deleteSessionCookie } from 'better-auth/cookies';
import { z } from 'zod';
import { ForbiddenError } from '../../domain/ground/errors.ts';

/** Deletes the account of a member for good. @throws ForbiddenError if it is the last admin's */
export type DeleteAccount = (userId: string) => Promise<void>;

/** How long ago a member without a password must have signed in at most, in ms. */
const freshMs = 10 * 60_000;

/**
 * `POST /delete-account` deletes the account of whoever sends its password. A member who signs in by another service,
 * without a password or where passwords are switched off, must have done so within the last ten minutes.
 */
export function accountDeletion({
  deleteAccount,
  passwordSignIn = true,
}: {
  deleteAccount: DeleteAccount;
  passwordSignIn?: boolean | undefined;
}): BetterAuthPlugin {
  return {
    id: 'account-deletion',
    endpoints: {
      deleteAccount: createAuthEndpoint(
        '/delete-account',
        { method: 'POST', body: z.object({ password: z.string().optional() }), use: [sensitiveSessionMiddleware] },
        async (ctx) => {
          const { session, user } = ctx.context.session;
          const hash = (await ctx.context.internalAdapter.findCredentialAccount(user.id))?.password;
          const { password } = ctx.body;
          if (hash && passwordSignIn) {
            if (!password || !(await ctx.context.password.verify({ hash, password }))) {
              throw new APIError('BAD_REQUEST', { code: 'INVALID_PASSWORD', message: 'Invalid password' });
            }
          } else if (Date.now() - new Date(session.createdAt).getTime() > freshMs) {
            throw new APIError('FORBIDDEN', {
              code: 'SESSION_NOT_FRESH',
              message: 'Sign out and in again first: this needs a sign-in of the last ten minutes.',
            });
          }
          await deleteAccount(user.id).catch((error: unknown) => {
            if (!(error instanceof ForbiddenError)) throw error;
            throw new APIError('FORBIDDEN', { code: 'LAST_ADMIN', message: error.message });
          });
          deleteSessionCookie(ctx);
          return ctx.json({ deleted: true });
        },
      ),
    },
  };
}
