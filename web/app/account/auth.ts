import { createAuthClient } from 'better-auth/client';

/** better-auth of this origin, under /api/auth; a session is a cookie. */
export function authClient() {
  return createAuthClient({ baseURL: location.origin, basePath: '/api/auth' });
}

/** Signs out and leaves: everything that was the person's goes with the page. */
export async function signOut(): Promise<void> {
  await authClient().signOut();
  // What was being written, and the models asked last: of no concern to who comes next.
  sessionStorage.clear();
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every supported browser
  document.cookie = 'models=; Path=/; Max-Age=0; SameSite=Lax';
  location.assign('/sign-in');
}
