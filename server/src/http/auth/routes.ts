/**
 * The endpoints of better-auth that are offered below /api/auth, with their methods. All others are unknown here, whatever
 * better-auth has or gets: they send mail, know other identity providers, or serve no client of ours. A path is compared as it
 * was sent, so each has one spelling.
 */
export const routes: ReadonlyMap<string, 'GET' | 'POST'> = new Map([
  ['/api/auth/sign-up/email', 'POST'],
  ['/api/auth/sign-in/email', 'POST'],
  ['/api/auth/sign-out', 'POST'],
  ['/api/auth/get-session', 'GET'],
  ['/api/auth/update-user', 'POST'],
  ['/api/auth/change-password', 'POST'],
  ['/api/auth/verify-password', 'POST'],
  ['/api/auth/two-factor/enable', 'POST'],
  ['/api/auth/two-factor/disable', 'POST'],
  ['/api/auth/two-factor/verify-totp', 'POST'],
  ['/api/auth/two-factor/verify-backup-code', 'POST'],
  ['/api/auth/two-factor/generate-backup-codes', 'POST'],
  ['/api/auth/delete-account', 'POST'],
  ['/api/auth/password/forgot', 'POST'],
  ['/api/auth/password/reset', 'POST'],
  ['/api/auth/email/confirm', 'POST'],
  ['/api/auth/email/resend', 'POST'],
  ['/api/auth/email/change', 'POST'],
  ['/api/auth/list-sessions', 'GET'],
  ['/api/auth/revoke-session', 'POST'],
  ['/api/auth/revoke-sessions', 'POST'],
  ['/api/auth/revoke-other-sessions', 'POST'],
]);

/** The endpoints that take a password; closed where people sign in with providers only. */
export const passwordRoutes: ReadonlySet<string> = new Set([
  '/api/auth/sign-up/email',
  '/api/auth/sign-in/email',
  '/api/auth/change-password',
  '/api/auth/verify-password',
  '/api/auth/password/forgot',
  '/api/auth/password/reset',
  '/api/auth/email/change',
]);
