import type { ColumnType, Generated } from 'kysely';

/**
 * The tables made by migrations/0000_auth.ts and 0019_people.ts. better-auth writes all but `api_key`; http/auth/ maps
 * the names. Polylogue's own statements write API keys, users that the operator adds, a user's `role`, `tier`,
 * `suspended` and admission, changed passwords, and the last use of sessions. They delete sessions and second factors,
 * and all that a user whose account is deleted leaves. Ids are UUIDs of version 7 as text.
 */
export interface AuthTables {
  user: UserTable;
  session: SessionTable;
  account: AccountTable;
  verification: VerificationTable;
  two_factor: TwoFactorTable;
  api_key: ApiKeyTable;
}

/** An auditor reads figures, accounts and the audit log, and changes nothing. */
export type Role = 'USER' | 'AUDITOR' | 'ADMIN';
/** Lowest first in domain/ground/tiers.ts. */
export type TierId = 'FREE' | 'PRO' | 'ENTERPRISE';
export type Admission = 'FIRST' | 'OPEN' | 'DOMAIN' | 'INVITATION' | 'OPERATOR' | 'GUEST' | 'PROVIDER';

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
  /** What a guest is found by; null: a member, who signed up. */
  guest_key: string | null;
  /** How the account was admitted; a trigger refuses the insert if that way in is closed. */
  admitted_as: Generated<Admission>;
  /** The invitation by which the account was admitted, if any. */
  invitation_id: Generated<string | null>;
  /** Whether signing in with the password asks for a code too. */
  two_factor_enabled: Generated<boolean>;
  /** When the account was deleted: the row stays without name and address, for the books. */
  deleted_at: Generated<Date | null>;
  /** When everything that the deleted user had written was deleted too. */
  purged_at: Generated<Date | null>;
  /** Whether the member cannot sign in with a password before `email_verified`. */
  confirmation_due: Generated<boolean>;
  /** How often the user's ways to sign in were taken away or changed (migration 0022_credentials). */
  credentials_epoch: Generated<number>;
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
  /** Exact to five minutes. */
  last_used_at: Generated<Date>;
  /** The user's at the beginning of the request that made the session; null: it is older than the count. */
  credentials_epoch: number | null;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
}

export interface AccountTable {
  id: string;
  user_id: string;
  /** `credential`: a password; else the issuer of a sign-in provider. */
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
  /** What the provider gave the member (domain/people/group-mapping.ts); null: nothing. */
  granted: ColumnType<object | null, string | null | undefined, string | null>;
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

/** A second factor, secrets encrypted by better-auth. */
export interface TwoFactorTable {
  id: string;
  user_id: string;
  secret: string;
  backup_codes: string;
  /** False until the member has typed a first code. */
  verified: Generated<boolean>;
  failed_verification_count: Generated<number>;
  locked_until: Date | null;
}

/** READ: queries and streams. PROMPT: prompts and conversations. ADMIN: keys, the plan, and what the user's role allows. */
export type ApiKeyScope = 'READ' | 'PROMPT' | 'ADMIN';

/** The table has more columns: those of better-auth's api-key plugin, which made the keys before. */
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
  /** When the key was last used, exact to a minute. */
  last_request: Date | null;
  expires_at: Date | null;
  created_at: Date;
  updated_at: Date;
  /** The credits that may be spent with the key in a calendar month (UTC); null: no limit. */
  monthly_credits: ColumnType<number | null, number | null | undefined, never>;
  /** The models that the key may ask; null: all. */
  model_ids: ColumnType<string[] | null, string[] | null | undefined, never>;
  /** The team that pays for all that the key asks; null: as each request says. */
  payer_team_id: ColumnType<string | null, string | null | undefined, never>;
  /** First day of the month of the last charge; null before the first. */
  charged_month: ColumnType<string | null, never, string>;
  /** All charges of that month together. */
  charged: ColumnType<number, never, number>;
}
