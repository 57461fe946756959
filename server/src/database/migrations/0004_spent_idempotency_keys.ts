import { type Kysely, sql } from 'kysely';

/** Keys of prompts whose conversations are gone: a retry with one must not ask, and charge, a second time. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table spent_idempotency_key (
      user_id text not null references "user" (id) on delete cascade,
      key text not null,
      spent_at timestamptz(3) not null default now(),
      primary key (user_id, key)
    )`.execute(db);
}
