import type { ApiKeyScope, Role } from '../../database/auth-tables.ts';
import type { TierId } from '../ground/tiers.ts';

export type { ApiKeyScope } from '../../database/auth-tables.ts';
export { countUsers, findUserPage, findUsers, type UserRow } from '../../database/users.ts';

export const roles = ['USER', 'ADMIN'] as const satisfies Role[];

export interface Member {
  id: string;
  email: string;
  name: string;
  role: Role;
  tier: TierId;
}

/** Who is asking, and with what. */
export interface Viewer extends Member {
  /** Of an API key; null: a session, which may do all that its member may. */
  scopes: readonly ApiKeyScope[] | null;
  /** When the key or the session ends by itself; null: never. */
  expiresAt: Date | null;
}

/** Whether one of the scopes is held. */
export function hasScope({ scopes }: Viewer, ...anyOf: readonly ApiKeyScope[]): boolean {
  return scopes === null || anyOf.some((scope) => scopes.includes(scope));
}

/** Whether the viewer acts as an admin: by role, and not with a key that has less than ADMIN. */
export function isAdmin(viewer: Viewer | null): boolean {
  return viewer?.role === 'ADMIN' && hasScope(viewer, 'ADMIN');
}
