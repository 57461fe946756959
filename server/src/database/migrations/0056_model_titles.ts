import { type Kysely, sql } from 'kysely';

/**
 * Titles that a model writes, which the house pays: it has a credit account of its own, and asks in nobody's name. When a
 * title changed is kept, so that open pages can be told.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table conversation
      -- When a model was asked for the title, which happens once at most; null: none was.
      add column title_asked_at timestamptz(3),
      -- When the title was last changed, by hand or by a model; null: never.
      add column retitled_at timestamptz(3)`.execute(db);
  await sql`
    create index conversation_retitled on conversation (user_id, retitled_at)
    where retitled_at is not null`.execute(db);
  await sql`
    alter table credit_account
      add column house boolean not null default false,
      drop constraint credit_account_owned,
      add constraint credit_account_owned check (num_nonnulls(user_id, team_id) + house::integer = 1)`.execute(db);
  await sql`create unique index credit_account_house on credit_account (house) where house`.execute(db);
  // Null: the house asked.
  await sql`alter table receipt alter column user_id drop not null`.execute(db);
}
