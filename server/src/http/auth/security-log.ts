import type { BetterAuthPlugin } from 'better-auth';
import { createAuthMiddleware, isAPIError } from 'better-auth/api';
import type { Accounts } from './accounts.ts';
import { addressHeader, userHeader } from './inner-headers.ts';

/** The paths whose wrong passwords, or whose end of other sessions, are entries of the audit log. */
const noted = {
  '/sign-in/email': 'signInFailed',
  '/change-password': 'passwordRefused',
  '/verify-password': 'passwordRefused',
  '/email/change': 'passwordRefused',
  '/two-factor/enable': 'passwordRefused',
  '/two-factor/disable': 'passwordRefused',
  '/two-factor/generate-backup-codes': 'passwordRefused',
  '/delete-account': 'passwordRefused',
  '/revoke-session': 'endSessions',
  '/revoke-sessions': 'endSessions',
  '/revoke-other-sessions': 'endSessions',
} as const;

/** The codes by which better-auth refuses a wrong password, and this server a suspended account. */
const refusals = ['INVALID_EMAIL_OR_PASSWORD', 'INVALID_PASSWORD', 'ACCOUNT_SUSPENDED'];

/** Records in the audit log what better-auth does by itself. */
export function securityLog(accounts: Accounts): BetterAuthPlugin {
  const handler = createAuthMiddleware(async (ctx) => {
    const action = noted[ctx.path as keyof typeof noted];
    const { returned } = ctx.context;
    const refusal = isAPIError(returned) ? String(returned.body?.code) : null;
    if (action === 'endSessions' ? refusal !== null : refusal === null || !refusals.includes(refusal)) return;
    const userId = ctx.headers?.get(userHeader);
    const of = action === 'signInFailed' ? { email: String(ctx.body?.email).toLowerCase() } : { userId: userId ?? '' };
    await accounts.noteAct({ action, of, address: ctx.headers?.get(addressHeader) ?? '' });
  });
  return {
    id: 'security-log',
    hooks: { after: [{ matcher: ({ path }) => path !== undefined && path in noted, handler }] },
  };
}
