/**
 * What of better-auth is offered, below /api/auth, and by which method. Everything else is unknown here, whatever
 * better-auth has or gets: what sends mail or knows other identity providers, and what nothing of ours uses. A path is
 * compared as it was sent, so that there is one spelling of each.
 */
export const routes: ReadonlyMap<string, 'GET' | 'POST'> = new Map([
  ['/api/auth/sign-up/email', 'POST'],
  ['/api/auth/sign-in/email', 'POST'],
  ['/api/auth/sign-out', 'POST'],
  ['/api/auth/get-session', 'GET'],
  ['/api/auth/update-user', 'POST'],
  ['/api/auth/change-password', 'POST'],
  ['/api/auth/verify-password', 'POST'],
  ['/api/auth/list-sessions', 'GET'],
  ['/api/auth/revoke-session', 'POST'],
  ['/api/auth/revoke-sessions', 'POST'],
  ['/api/auth/revoke-other-sessions', 'POST'],
]);
