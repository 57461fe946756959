import { type Kysely, sql } from 'kysely';

/**
 * Tools that models may call: the servers that admins add, and what admins decide about each tool. The version rises with
 * each change, so that processes find out by one row.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table tool_server (
      id uuid primary key,
      name text not null check (length(name) between 1 and 60),
      -- Without its query, which may be secret.
      url text not null check (length(url) <= 2000),
      auth text not null check (auth in ('NONE', 'BEARER', 'OAUTH')),
      -- The token, the headers, the query and the client of OAuth, encrypted; null: none of them.
      sealed text,
      -- The last characters of the token, by which people tell it from others.
      token_ending text check (length(token_ending) <= 4),
      header_names text[] not null default '{}',
      has_query boolean not null default false,
      client_id text check (length(client_id) <= 500),
      scope text check (length(scope) <= 1000),
      enabled boolean not null default true,
      -- What signing in by OAuth gave, encrypted; null: nobody has signed in.
      sealed_grant text,
      signed_in_at timestamptz(3),
      -- Until then one process renews the grant, and the others wait for it.
      renewing_until timestamptz(3),
      created_at timestamptz(3) not null default now(),
      updated_at timestamptz(3) not null default now()
    )`.execute(db);
  await sql`create unique index tool_server_name on tool_server (lower(name))`.execute(db);
  await sql`
    create table tool_setting (
      tool_id text primary key check (length(tool_id) between 1 and 300),
      -- Null: a built-in tool, or one of a server in the operator's file.
      server_id uuid references tool_server (id) on delete cascade,
      enabled boolean not null default false,
      -- The description that an admin has accepted; null: none yet, or the tool is built in.
      accepted jsonb check (jsonb_typeof(accepted) = 'object'),
      -- The description as the server last gave it; null: the server has no such tool any more, or the tool is built in.
      seen jsonb check (jsonb_typeof(seen) = 'object'),
      -- Null: all.
      tiers text[],
      team_ids text[],
      -- Null: unless the tool says that it only reads.
      needs_approval boolean,
      price_credits bigint not null default 0 check (price_credits between 0 and 9007199254740991),
      updated_at timestamptz(3) not null default now()
    )`.execute(db);
  await sql`create index tool_setting_server on tool_setting (server_id) where server_id is not null`.execute(db);
  await sql`
    create table tool_version (
      single boolean primary key default true check (single),
      version bigint not null default 0
    )`.execute(db);
}
