import { createAuthClient } from 'better-auth/client';
import { basePath, cookiePath } from '../ui/browser/base-path.ts';

/** The better-auth client of this origin, under /api/auth. The session is a cookie. */
export function authClient() {
  return createAuthClient({ baseURL: location.origin, basePath: `${basePath()}/api/auth` });
}

/** Signs out and loads another page, so that nothing of the member's stays in memory. */
export async function signOut(): Promise<void> {
  await authClient().signOut();
  // The next person at this browser must not see the member's drafts and the models that they asked last.
  sessionStorage.clear();
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every supported browser
  document.cookie = `models=; Path=${cookiePath()}; Max-Age=0; SameSite=Lax`;
  location.assign(`${basePath()}/sign-in`);
}
