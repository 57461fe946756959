import { type Kysely, sql } from 'kysely';

/**
 * API keys get a monthly limit and a list of models, and answers and receipts name the key that asked for them. What a
 * key was charged in the month of its last charge stands beside it, as with credit accounts. There are no foreign keys:
 * a key may be revoked while its answers are written, and its receipts stay.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table api_key
      -- Null: no limit.
      add monthly_credits bigint check (monthly_credits >= 0),
      -- Null: all models.
      add model_ids text[] check (cardinality(model_ids) > 0),
      add charged_month date,
      add charged bigint not null default 0 check (charged >= 0)
  `.execute(db);
  await sql`alter table response add api_key_id text`.execute(db);
  await sql`alter table receipt add api_key_id text`.execute(db);
  await sql`
    create index response_api_key on response (api_key_id)
    where api_key_id is not null and lease_until is not null`.execute(db);

  // Reports show the name of a key for as long as its receipts are there.
  await sql`
    create table revoked_api_key (
      id text primary key,
      user_id text not null references "user" (id) on delete cascade,
      name text not null,
      start text not null,
      revoked_at timestamptz(3) not null default now()
    )`.execute(db);
}
