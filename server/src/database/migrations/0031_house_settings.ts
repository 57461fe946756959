import { type Kysely, sql } from 'kysely';

/** What admins decide about the house as a whole at run time, by name. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table house_setting (
      name text primary key,
      value jsonb not null check (jsonb_typeof(value) = 'object'),
      updated_at timestamptz(3) not null default now()
    )`.execute(db);
}
