import { type Kysely, sql } from 'kysely';

/** Each crossing of a part of a monthly budget, as high as it is then, leaves one row, whichever replica settles the answer that crosses it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table budget_alert (
      id uuid primary key,
      -- Whose budget: a member's account, a team's, an API key, or all accounts of the server.
      scope text not null check (scope in ('MEMBER', 'TEAM', 'KEY', 'SERVER')),
      credit_account_id uuid references credit_account (id),
      -- There is no foreign key: a key may be revoked.
      api_key_id text,
      month date not null,
      percent smallint not null check (percent in (50, 80, 100)),
      -- Credits, when the part was crossed.
      budget bigint not null check (budget > 0),
      spent bigint not null,
      created_at timestamptz(3) not null default clock_timestamp(),
      -- Null: it is to be told.
      mailed_at timestamptz(3),
      delivered_at timestamptz(3),
      attempts integer not null default 0,
      next_attempt_at timestamptz(3) not null default clock_timestamp(),
      check ((credit_account_id is not null) = (scope in ('MEMBER', 'TEAM'))),
      check ((api_key_id is not null) = (scope = 'KEY'))
    )`.execute(db);
  await sql`
    create unique index budget_alert_once
    on budget_alert (scope, coalesce(credit_account_id::text, api_key_id, ''), month, percent, budget)`.execute(db);
  await sql`create index budget_alert_month on budget_alert (month)`.execute(db);
  await sql`
    create table dismissed_budget_alert (
      alert_id uuid not null references budget_alert (id) on delete cascade,
      user_id text not null references "user" (id) on delete cascade,
      primary key (alert_id, user_id)
    )`.execute(db);
}
