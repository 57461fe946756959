import { type Kysely, sql } from 'kysely';

/** Answers that use tools: what they are made of, step by step, and the checkpoints of LangGraph.js, from which they go on. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await extendAnswers(db);
  await createSteps(db);
  await createCalls(db);
  await createCheckpoints(db);
  await forgetWithAnswers(db);
}

async function extendAnswers(db: Kysely<unknown>): Promise<void> {
  // Which agent is asked, with which tools and within which budget; null: none, the model is asked once.
  await sql`alter table turn add agent jsonb check (jsonb_typeof(agent) = 'object')`.execute(db);
  await sql`alter table response add agent jsonb check (jsonb_typeof(agent) = 'object')`.execute(db);
  await sql`
    alter table response drop constraint response_shortened_by_check,
      add check (shortened_by in ('CREDITS', 'STEPS', 'MINUTES'))`.execute(db);
}

async function createSteps(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table agent_task (
      -- Everything that a process needs to go on with the answer; it goes when the answer is final.
      response_id uuid primary key references response (id) on delete cascade,
      task jsonb not null check (jsonb_typeof(task) = 'object'),
      -- How often processes may still take it up that another one left without a word: some answers take theirs along.
      tries_left integer not null default 5 check (tries_left >= 0)
    )`.execute(db);
  await sql`
    create table response_step (
      -- There is no foreign key: receipts stay when an answer is deleted, and list its steps.
      response_id uuid not null,
      number integer not null check (number >= 1),
      -- What the graph calls the step: run again, it finds it here.
      key text not null,
      kind text not null check (kind in ('MODEL', 'TOOL')),
      model_id text,
      tool_id text,
      tool_name text,
      input_tokens_expected bigint not null default 0 check (input_tokens_expected >= 0),
      input_tokens bigint not null default 0 check (input_tokens >= 0),
      cached_input_tokens bigint not null default 0 check (cached_input_tokens >= 0),
      cache_write_input_tokens bigint not null default 0 check (cache_write_input_tokens >= 0),
      output_tokens bigint not null default 0 check (output_tokens >= 0),
      reasoning_tokens bigint not null default 0 check (reasoning_tokens >= 0),
      estimated boolean not null default false,
      credits bigint not null default 0 check (credits between 0 and 9007199254740991),
      cost_usd numeric not null default 0 check (cost_usd >= 0),
      started_at timestamptz(3) not null default clock_timestamp(),
      -- Null: it has not ended.
      duration_ms integer check (duration_ms >= 0),
      -- Where it begins in the answer's texts and parts.
      text_start integer not null default 0,
      reasoning_start integer not null default 0,
      parts_start integer not null default 0,
      -- What the model said, as it is told of it again; null: nothing yet, or the answer is final.
      output jsonb,
      primary key (response_id, number),
      unique (response_id, key),
      check ((kind = 'MODEL') = (model_id is not null)),
      check ((kind = 'TOOL') = (tool_id is not null))
    )`.execute(db);
}

async function createCalls(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table tool_call (
      id uuid primary key,
      response_id uuid not null references response (id) on delete cascade,
      -- The model's step that made it, and its place among the calls of that step.
      step integer not null,
      place integer not null,
      -- What the model's provider calls it.
      provider_call_id text not null,
      signature text,
      tool_id text,
      name text not null,
      arguments text not null,
      status text not null check (status in
        ('WRITTEN', 'WAITING_FOR_APPROVAL', 'RUNNING', 'DONE', 'FAILED', 'REFUSED', 'UNCERTAIN')),
      -- Until when its member may say whether it is made.
      waits_until timestamptz(3),
      -- Whether its member was asked, and has answered.
      answered_at timestamptz(3),
      started_at timestamptz(3),
      ended_at timestamptz(3),
      result jsonb,
      credits bigint not null default 0 check (credits between 0 and 9007199254740991),
      unique (response_id, step, place)
    )`.execute(db);
  await sql`
    create index tool_call_waiting on tool_call (response_id) where status = 'WAITING_FOR_APPROVAL'`.execute(db);
  await sql`
    create table tool_permission (
      conversation_id uuid not null references conversation (id) on delete cascade,
      user_id text not null references "user" (id) on delete cascade,
      tool_id text not null,
      -- Whether it is used without a word of the member, or not at all.
      allowed boolean not null,
      primary key (conversation_id, user_id, tool_id)
    )`.execute(db);
}

/**
 * The tables as PostgresSaver of @langchain/langgraph-checkpoint-postgres makes them, at its version 4; without the one that
 * counts its versions, since these are made here.
 */
async function createCheckpoints(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table checkpoints (
      thread_id text not null,
      checkpoint_ns text not null default '',
      checkpoint_id text not null,
      parent_checkpoint_id text,
      type text,
      checkpoint jsonb not null,
      metadata jsonb not null default '{}',
      primary key (thread_id, checkpoint_ns, checkpoint_id)
    )`.execute(db);
  await sql`
    create table checkpoint_blobs (
      thread_id text not null,
      checkpoint_ns text not null default '',
      channel text not null,
      version text not null,
      type text not null,
      blob bytea,
      primary key (thread_id, checkpoint_ns, channel, version)
    )`.execute(db);
  await sql`
    create table checkpoint_writes (
      thread_id text not null,
      checkpoint_ns text not null default '',
      checkpoint_id text not null,
      task_id text not null,
      idx integer not null,
      channel text not null,
      type text,
      blob bytea not null,
      primary key (thread_id, checkpoint_ns, checkpoint_id, task_id, idx)
    )`.execute(db);
}

/** What is kept only to go on with an answer goes when the answer is deleted. */
async function forgetWithAnswers(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function forget_agent_run() returns trigger language plpgsql as $$
    begin
      delete from checkpoints where thread_id = old.id::text;
      delete from checkpoint_blobs where thread_id = old.id::text;
      delete from checkpoint_writes where thread_id = old.id::text;
      update response_step set output = null where response_id = old.id and output is not null;
      return null;
    end $$`.execute(db);
  await sql`
    create trigger response_agent_run after delete on response
    for each row when (old.agent is not null) execute function forget_agent_run()`.execute(db);
}
