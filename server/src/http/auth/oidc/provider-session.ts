import type { BetterAuthPlugin } from 'better-auth';
import { APIError, createAuthEndpoint } from 'better-auth/api';
import { setSessionCookie } from 'better-auth/cookies';
import { z } from 'zod';

/** Written out, since the inferred type names a package that better-auth alone depends on. */
export interface ProviderSession extends BetterAuthPlugin {
  endpoints: { createProviderSession: NonNullable<BetterAuthPlugin['endpoints']>[string] };
}

/**
 * Makes better-auth's session for a user whom a provider has identified. Only this server's own code can call it: the
 * endpoint has no path.
 */
export const providerSession: ProviderSession = {
  id: 'provider-session',
  endpoints: {
    createProviderSession: createAuthEndpoint.serverOnly(
      { method: 'POST', body: z.object({ userId: z.string() }) },
      async (ctx) => {
        const user = await ctx.context.internalAdapter.findUserById(ctx.body.userId);
        if (!user) throw new APIError('UNAUTHORIZED');
        const session = await ctx.context.internalAdapter.createSession(user.id);
        await setSessionCookie(ctx, { session, user });
        return ctx.json({ status: true });
      },
    ),
  },
};
