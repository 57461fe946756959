import { createAuthClient } from 'better-auth/client';

/** better-auth of this origin, under /api/auth; a session is a cookie. */
export function authClient() {
  return createAuthClient({ baseURL: location.origin, basePath: '/api/auth' });
}

/** Signs out and leaves: everything that was the person's goes with the page. */
export async function signOut(): Promise<void> {
  await authClient().signOut();
  location.assign('/sign-in');
}
