import { type Kysely, sql } from 'kysely';

/**
 * Keeps when the last minute's prompts and regenerations of deleted conversations were admitted: they still count for
 * the rate limit.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table deleted_admission (
      user_id text not null references "user" (id) on delete cascade,
      admitted_at timestamptz(3) not null
    )`.execute(db);
  await sql`create index deleted_admission_user on deleted_admission (user_id, admitted_at)`.execute(db);
}
