import { createAuthClient } from 'better-auth/client';
import { basePath } from '../ui/browser/base-path.ts';
import { forgetAll } from '../ui/browser/memory.ts';

/** The better-auth client of this origin, under /api/auth. The session is a cookie. */
export function authClient() {
  return createAuthClient({ baseURL: location.origin, basePath: `${basePath()}/api/auth` });
}

/** Signs out and loads another page, so that nothing of the member's stays in memory. */
export async function signOut(): Promise<void> {
  await authClient().signOut();
  // The next person at this browser must not see the member's drafts, and what they asked last.
  sessionStorage.clear();
  forgetAll();
  location.assign(`${basePath()}/sign-in`);
}
