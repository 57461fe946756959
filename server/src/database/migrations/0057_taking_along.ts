import { type Kysely, sql } from 'kysely';

/** Conversations that came from a file, with what is told of their answers and verdicts and counts for nothing here. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table imported_conversation (
      user_id text not null references "user" (id) on delete cascade,
      -- What the file calls the conversation: a second import of it finds it here.
      source text not null check (length(source) between 1 and 300),
      conversation_id uuid not null unique references conversation (id) on delete cascade,
      primary key (user_id, source)
    )`.execute(db);
  await sql`
    create table imported_response (
      response_id uuid primary key references response (id) on delete cascade,
      -- As they were elsewhere: the response itself has none, since no account paid for it.
      credits_held bigint not null check (credits_held between 0 and 9007199254740991),
      credits_charged bigint not null check (credits_charged between 0 and credits_held)
    )`.execute(db);
  // Verdicts of elsewhere are told and never counted: no board reads this table.
  await sql`
    create table imported_verdict (
      turn_id uuid primary key references turn (id) on delete cascade,
      told jsonb not null check (jsonb_typeof(told) = 'object')
    )`.execute(db);
}
