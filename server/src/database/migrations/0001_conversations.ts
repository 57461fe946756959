import { type Kysely, sql } from 'kysely';

/**
 * Conversations, their turns, the responses of every model, and the journal of what is being written.
 *
 * Times are kept to the millisecond, so that a cursor made of one survives JavaScript's Date.
 * `user_id` stands on turn and response too: every read filters by it, and the rate limit counts by it.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table conversation (
      id uuid primary key,
      user_id text not null references "user" (id) on delete cascade,
      title text not null,
      titled_by_user boolean not null,
      model_ids text[] not null,
      system_prompt text,
      pinned boolean not null default false,
      archived boolean not null default false,
      created_at timestamptz(3) not null default now(),
      updated_at timestamptz(3) not null default now(),
      -- When it was last written in: what lists are ordered by. Renaming or pinning does not move it.
      active_at timestamptz(3) not null default now(),
      search tsvector not null generated always as (to_tsvector('simple', title)) stored
    )`.execute(db);
  await sql`create index conversation_user_active on conversation (user_id, active_at desc, id desc)`.execute(db);
  await sql`create index conversation_search on conversation using gin (search)`.execute(db);

  await sql`
    create table turn (
      id uuid primary key,
      conversation_id uuid not null references conversation (id) on delete cascade,
      user_id text not null,
      parent_id uuid references turn (id) on delete cascade,
      depth integer not null check (depth >= 0),
      prompt text not null,
      parameters jsonb not null default '{}',
      idempotency_key text,
      chosen_response_id uuid,
      created_at timestamptz(3) not null default clock_timestamp(),
      -- A tsvector holds 1 MiB at most: what lies beyond the first hundred thousand characters is not searched.
      search tsvector not null generated always as (to_tsvector('simple', left(prompt, 100000))) stored,
      unique (user_id, idempotency_key)
    )`.execute(db);
  await sql`create index turn_conversation on turn (conversation_id, created_at desc, id desc)`.execute(db);
  await sql`create index turn_parent on turn (parent_id)`.execute(db);
  await sql`create index turn_user_created on turn (user_id, created_at)`.execute(db);
  await sql`create index turn_search on turn using gin (search)`.execute(db);

  await sql`
    create table response (
      id uuid primary key,
      turn_id uuid not null references turn (id) on delete cascade,
      conversation_id uuid not null references conversation (id) on delete cascade,
      user_id text not null,
      lane integer not null check (lane >= 0),
      regenerated boolean not null default false,
      model_id text not null,
      served_by text,
      status text not null check (status in ('QUEUED', 'STREAMING', 'COMPLETED', 'FAILED', 'STOPPED', 'INTERRUPTED')),
      text text not null default '',
      reasoning text not null default '',
      refusal text,
      citations jsonb not null default '[]',
      finish_reason text,
      failure_code text,
      failure_message text,
      attempts jsonb not null default '[]',
      input_tokens bigint,
      cached_input_tokens bigint,
      cache_write_input_tokens bigint,
      output_tokens bigint,
      reasoning_tokens bigint,
      usage_estimated boolean,
      -- What the server itself expects the input to be, in tokens: charged where nobody can tell any more.
      input_tokens_expected bigint not null,
      credits_held bigint not null check (credits_held >= 0),
      credits_charged bigint check (credits_charged between 0 and credits_held),
      first_token_ms integer,
      duration_ms integer,
      created_at timestamptz(3) not null default clock_timestamp(),
      finished_at timestamptz(3),
      -- The process that writes this response, and until when nobody else may. Null once it is final.
      lease_owner uuid,
      lease_until timestamptz(3),
      -- Set by a process that does not own it; the owner stops it.
      stop_requested boolean not null default false,
      search tsvector not null generated always as (to_tsvector('simple', left(text, 100000))) stored,
      check ((status in ('QUEUED', 'STREAMING')) = (finished_at is null)),
      check ((status in ('QUEUED', 'STREAMING')) = (lease_until is not null)),
      check ((status in ('QUEUED', 'STREAMING')) = (credits_charged is null))
    )`.execute(db);
  await sql`create index response_turn on response (turn_id, lane, id)`.execute(db);
  await sql`create index response_conversation on response (conversation_id)`.execute(db);
  await sql`create index response_lease on response (lease_until) where lease_until is not null`.execute(db);
  await sql`create index response_user_regenerated on response (user_id, created_at) where regenerated`.execute(db);
  await sql`create index response_search on response using gin (search)`.execute(db);

  // No foreign key: the journal inserts for many responses in one statement, and a deleted one must not stop the others.
  await sql`
    create table response_chunk (
      response_id uuid not null,
      part text not null check (part in ('text', 'reasoning')),
      -- UTF-16 code units from the beginning of the part.
      start integer not null check (start >= 0),
      content text not null,
      primary key (response_id, part, start)
    )`.execute(db);
}
