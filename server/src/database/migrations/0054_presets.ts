import { type Kysely, sql } from 'kysely';

/**
 * Presets: named models, settings and prompts, a member's own or, if an admin shared them, everybody's. Beside them, the
 * models that each member has marked as favourites.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table preset (
      id uuid primary key,
      -- Who made it, or the admin who took it back from all members.
      user_id text not null references "user" (id),
      name text not null check (length(name) between 1 and 100),
      model_ids text[] not null default '{}',
      system_prompt text,
      -- What the composer is filled with; it may name variables.
      prompt text,
      parameters jsonb not null default '{}',
      -- Whether all members see it. Admins change it then, whoever made it.
      shared boolean not null default false,
      created_at timestamptz(3) not null default clock_timestamp(),
      updated_at timestamptz(3) not null default clock_timestamp()
    )`.execute(db);
  await sql`create unique index preset_own_name on preset (user_id, lower(name)) where not shared`.execute(db);
  await sql`create unique index preset_shared_name on preset (lower(name)) where shared`.execute(db);
  await sql`create index preset_user on preset (user_id)`.execute(db);
  await sql`
    create table favourite_model (
      user_id text not null references "user" (id),
      model_id text not null,
      created_at timestamptz(3) not null default clock_timestamp(),
      primary key (user_id, model_id)
    )`.execute(db);
}
