import { type Kysely, sql } from 'kysely';

/** Folders in which a member keeps conversations, each with the preset that a new one in it begins with. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table folder (
      id uuid primary key,
      user_id text not null references "user" (id),
      name text not null check (length(name) between 1 and 100),
      -- Null: a new conversation begins as any other.
      preset_id uuid references preset (id) on delete set null,
      -- Whether clients show it without its conversations.
      collapsed boolean not null default false,
      created_at timestamptz(3) not null default clock_timestamp(),
      updated_at timestamptz(3) not null default clock_timestamp()
    )`.execute(db);
  await sql`create unique index folder_name on folder (user_id, lower(name))`.execute(db);
  await sql`create index folder_preset on folder (preset_id) where preset_id is not null`.execute(db);
  // A folder that goes leaves its conversations.
  await sql`alter table conversation add column folder_id uuid references folder (id) on delete set null`.execute(db);
  await sql`
    create index conversation_folder on conversation (folder_id, active_at desc, id desc)
      where folder_id is not null`.execute(db);
}
