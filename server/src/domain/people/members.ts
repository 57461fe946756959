import type { ApiKeyScope, Role } from '../../database/auth-tables.ts';
import type { RequestOrigin } from '../../ports/observer.ts';
import type { TierId } from '../ground/tiers.ts';
import type { PayingTeam } from '../money/credits.ts';

export type { ApiKeyScope } from '../../database/auth-tables.ts';
export { countUsers, findUserPage, findUsers, type UserRow } from '../../database/users.ts';

export const roles = ['USER', 'AUDITOR', 'ADMIN'] as const satisfies Role[];

export interface Member {
  id: string;
  email: string;
  name: string;
  role: Role;
  tier: TierId;
}

/** The API key that a request is made with, and the limits of its own. */
export interface ViewerKey {
  id: string;
  /** The credits that may be spent with it in a calendar month (UTC); null: no limit. */
  monthlyCredits: number | null;
  /** The models that it may ask; null: all that its member may. */
  modelIds: readonly string[] | null;
  /** The team that pays for all that it asks; null or absent: as each request says. */
  payer?: PayingTeam | null;
}

/** A member who asks, and the API key that they ask with; without a key they ask in a session. */
export interface Asking extends Member {
  apiKey?: ViewerKey | null;
  /** The request in which they ask, by which lines of the log and traces name it. Absent: none. */
  origin?: RequestOrigin | null;
  /** Who is to pay, as the request's headers say. Absent: nobody is named there. */
  payer?: PayingTeam | 'member' | null;
}

/** The member who makes a request, with the rights of their session or API key. */
export interface Viewer extends Asking {
  apiKey: ViewerKey | null;
  /** The session of a browser; null for an API key. */
  sessionId: string | null;
  /** The API key's scopes; null for a session, which may do all that its member may. */
  scopes: readonly ApiKeyScope[] | null;
  /** When the key or the session ends by itself; null: never. */
  expiresAt: Date | null;
}

/** Whether the viewer has one of the scopes. */
export function hasScope({ scopes }: Viewer, ...anyOf: readonly ApiKeyScope[]): boolean {
  return scopes === null || anyOf.some((scope) => scopes.includes(scope));
}

/** Whether the viewer acts as an admin: has the role, and does not use a key without the scope ADMIN. */
export function isAdmin(viewer: Viewer | null): boolean {
  return viewer?.role === 'ADMIN' && hasScope(viewer, 'ADMIN');
}

/**
 * Whether the viewer may read everybody's figures, the accounts and the audit log: an admin, or an auditor, who changes
 * nothing. A key needs the scope ADMIN for either: one that was made before its member became an auditor stays as it was.
 */
export function mayReadFigures(viewer: Viewer | null): boolean {
  return (viewer?.role === 'ADMIN' || viewer?.role === 'AUDITOR') && hasScope(viewer, 'ADMIN');
}
