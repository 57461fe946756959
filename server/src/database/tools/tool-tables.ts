import type { ColumnType, Generated, RawBuilder } from 'kysely';
import type { TierId } from '../auth-tables.ts';

/** Tools that models may call: the tables made by migrations/0058_tools.ts. */
export interface ToolTables {
  tool_server: ToolServerTable;
  tool_setting: ToolSettingTable;
  tool_version: ToolVersionTable;
}

export type ToolServerAuth = 'NONE' | 'BEARER' | 'OAUTH';

interface ToolServerTable {
  id: string;
  name: string;
  /** Without its query. */
  url: string;
  auth: ToolServerAuth;
  /** Its token, headers, query and client secret, encrypted; null: it has none. */
  sealed: string | null;
  token_ending: string | null;
  header_names: string[];
  has_query: boolean;
  client_id: string | null;
  scope: string | null;
  enabled: boolean;
  /** What signing in gave, encrypted; null: nothing yet. */
  sealed_grant: string | null;
  /** Null: nobody is signed in. */
  signed_in_at: Date | null;
  renewing_until: ColumnType<Date | null, never, RawBuilder<Date> | null>;
  created_at: Generated<Date>;
  updated_at: ColumnType<Date, never, RawBuilder<unknown>>;
}

interface ToolSettingTable {
  tool_id: string;
  /** Null: a built-in tool, or one of a server in the operator's file. */
  server_id: string | null;
  enabled: Generated<boolean>;
  accepted: ColumnType<StoredDescription | null, string | null, string | null>;
  /** Null: the server has no such tool any more, or the tool is built in. */
  seen: ColumnType<StoredDescription | null, string | null, string | null>;
  /** Null: all. */
  tiers: TierId[] | null;
  team_ids: string[] | null;
  /** Null: unless the tool says that it only reads. */
  needs_approval: boolean | null;
  price_credits: Generated<number>;
  updated_at: ColumnType<Date, never, RawBuilder<unknown>>;
}

interface ToolVersionTable {
  single: Generated<boolean>;
  version: Generated<number>;
}

/** How a tool's server describes it. */
export interface StoredDescription {
  title: string | null;
  description: string;
  /** A JSON schema of an object; null: the tool takes nothing. */
  parameters: Readonly<Record<string, unknown>> | null;
  isReadOnly: boolean;
}
