import type { Generated } from 'kysely';

/**
 * The tables made by migrations/0000_auth.ts. better-auth writes all but `api_key` (names mapped in http/auth/); ours to
 * write are keys, `role`, `tier`, `suspended` and the admission of a user, and deleting sessions. Ids are UUIDs of
 * version 7 as text.
 */
export interface AuthTables {
  user: UserTable;
  session: SessionTable;
  account: AccountTable;
  verification: VerificationTable;
  api_key: ApiKeyTable;
}

export type Role = 'USER' | 'ADMIN';
/** Lowest first in domain/ground/tiers.ts. */
export type TierId = 'FREE' | 'PRO' | 'ENTERPRISE';
export type Admission = 'FIRST' | 'OPEN' | 'DOMAIN' | 'INVITATION' | 'OPERATOR';

export interface UserTable {
  id: string;
  name: string;
  /** Lower case; unique. */
  email: string;
  email_verified: Generated<boolean>;
  image: string | null;
  /** The first user inserted becomes ADMIN, whatever the insert says (a trigger). */
  role: Generated<Role>;
  tier: Generated<TierId>;
  /** A suspended user's sessions and keys are refused from the next request on. */
  suspended: Generated<boolean>;
  /** The door that the account came in by; the insert is refused where it is shut (a trigger). */
  admitted_as: Generated<Admission>;
  /** Of an account that was invited. */
  invitation_id: Generated<string | null>;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
}

export interface SessionTable {
  id: string;
  user_id: string;
  token: string;
  expires_at: Date;
  ip_address: string | null;
  user_agent: string | null;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
}

export interface AccountTable {
  id: string;
  user_id: string;
  provider_id: string;
  account_id: string;
  /** A salted scrypt hash. */
  password: string | null;
  access_token: string | null;
  refresh_token: string | null;
  id_token: string | null;
  access_token_expires_at: Date | null;
  refresh_token_expires_at: Date | null;
  scope: string | null;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
}

export interface VerificationTable {
  id: string;
  identifier: string;
  value: string;
  expires_at: Date;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
}

/** READ: queries and streams. PROMPT: prompts and conversations. ADMIN: keys, the plan, and what the user's role allows. */
export type ApiKeyScope = 'READ' | 'PROMPT' | 'ADMIN';

/** The columns that are not named here were better-auth's, whose plugin made the keys before. */
export interface ApiKeyTable {
  id: string;
  user_id: string;
  config_id: string;
  name: string | null;
  /** The key's first characters, `plk_` included, for people to recognise it by. */
  start: string | null;
  /** The key's SHA-256 in base64url; the key itself is stored nowhere. */
  key: string;
  enabled: boolean | null;
  scopes: Generated<ApiKeyScope[]>;
  /** When it was last used, exact to a minute. */
  last_request: Date | null;
  expires_at: Date | null;
  created_at: Date;
  updated_at: Date;
}
