import { connection } from 'texts:everywhere';
import { basePath } from '../ui/browser/base-path.ts';
import { forgetAll } from '../ui/browser/memory.ts';

type AuthClient = ReturnType<typeof import('better-auth/client')['createAuthClient']>;

/** What better-auth's client tells if no reply comes, and this page if the client itself cannot be loaded. */
const unreachable = {
  data: null,
  error: { code: undefined, message: connection.unreached, status: 0 },
};

/** Loads better-auth's client, which no page needs before something is asked. */
export function loadAuthClient() {
  return import('better-auth/client');
}

/** Asks better-auth of this origin, under /api/auth. The session is a cookie. */
export async function askAuth<Answer>(
  ask: (client: AuthClient) => Promise<Answer>,
): Promise<Answer | typeof unreachable> {
  const library = await loadAuthClient().catch(() => null);
  if (!library) return unreachable;
  return ask(library.createAuthClient({ baseURL: location.origin, basePath: `${basePath()}/api/auth` }));
}

/** Signs out and loads another page, so that nothing of the member's stays in memory. */
export async function signOut(): Promise<void> {
  await askAuth((client) => client.signOut());
  // The next person at this browser must not see the member's drafts, and what they asked last.
  sessionStorage.clear();
  forgetAll();
  location.assign(`${basePath()}/sign-in`);
}
