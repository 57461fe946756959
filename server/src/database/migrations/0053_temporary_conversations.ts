import { type Kysely, sql } from 'kysely';

/** Conversations of which no text is kept: they are in no list, and are deleted when they are left. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table conversation
      add column temporary boolean not null default false,
      -- When its page was closed in the browser; null: it is open, or it is not temporary.
      add column left_at timestamptz(3) check (left_at is null or temporary)`.execute(db);
  await sql`create index conversation_temporary on conversation (active_at) where temporary`.execute(db);
}
