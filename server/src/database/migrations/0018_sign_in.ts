import { type Kysely, sql } from 'kysely';

/**
 * Adds identities at sign-in providers, links that work once, and addresses that have to be confirmed. Accounts that are
 * there already need no confirmation.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table "user"
      drop constraint user_admitted_as_check,
      add constraint user_admitted_as_check
        check (admitted_as in ('FIRST', 'OPEN', 'DOMAIN', 'INVITATION', 'OPERATOR', 'GUEST', 'PROVIDER')),
      -- Whether the member must confirm the address before signing in.
      add confirmation_due boolean not null default false
  `.execute(db);
  // What the provider gave the member: role and plan, each with what the member had before.
  await sql`alter table account add granted jsonb`.execute(db);
  // Two first sign-ins at the same moment make one account. A provider is named by its issuer.
  await sql`
    create unique index account_identity on account (provider_id, account_id) where provider_id <> 'credential'
  `.execute(db);
  await sql`
    create table one_time_link (
      -- SHA-256 of the link's secret, in base64url.
      hash text primary key,
      user_id text not null references "user" (id) on delete cascade,
      purpose text not null check (purpose in ('RESET', 'CONFIRM')),
      -- CONFIRM: the address that is confirmed, which may be the member's next one.
      email text not null,
      expires_at timestamptz(3) not null,
      created_at timestamptz(3) not null default now()
    )`.execute(db);
  await sql`create index one_time_link_user on one_time_link (user_id, purpose)`.execute(db);
  await sql`create index one_time_link_expires on one_time_link (expires_at)`.execute(db);
}
