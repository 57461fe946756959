import { type Kysely, sql } from 'kysely';

/**
 * When the prompts and regenerations of the last minute were admitted whose conversations are gone: they count for the
 * rate limit all the same.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table deleted_admission (
      user_id text not null references "user" (id) on delete cascade,
      admitted_at timestamptz(3) not null
    )`.execute(db);
  await sql`create index deleted_admission_user on deleted_admission (user_id, admitted_at)`.execute(db);
}
