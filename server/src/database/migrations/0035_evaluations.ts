import { type Kysely, sql } from 'kysely';

/**
 * Prompt sets, and evaluations of models by them. An evaluation keeps its prompts as they were when it began. What it asks
 * lies in conversations of its own, one for each prompt, which no list shows.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createSets(db);
  await createEvaluations(db);
  await createJudging(db);
}

async function createSets(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table prompt_set (
      id uuid primary key,
      user_id text not null references "user" (id),
      name text not null check (length(name) between 1 and 100),
      -- Who may see it and use it beside its owner.
      shared_with text not null default 'NOBODY' check (shared_with in ('NOBODY', 'TEAM', 'MEMBERS')),
      team_id uuid references team (id),
      created_at timestamptz(3) not null default clock_timestamp(),
      updated_at timestamptz(3) not null default clock_timestamp(),
      check ((shared_with = 'TEAM') = (team_id is not null))
    )`.execute(db);
  await sql`create index prompt_set_user on prompt_set (user_id)`.execute(db);
  await sql`
    create table prompt_set_item (
      id uuid primary key,
      set_id uuid not null references prompt_set (id) on delete cascade,
      -- Counted up; a place that is left stays empty.
      position integer not null,
      prompt text not null,
      reference text,
      topic text check (length(topic) between 1 and 80)
    )`.execute(db);
  await sql`create index prompt_set_item_set on prompt_set_item (set_id, position)`.execute(db);
}

async function createEvaluations(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table evaluation (
      id uuid primary key,
      user_id text not null references "user" (id),
      -- Null: the set was deleted.
      set_id uuid references prompt_set (id) on delete set null,
      set_name text not null,
      model_ids text[] not null check (cardinality(model_ids) between 1 and 12),
      repeats integer not null check (repeats between 1 and 10),
      parameters jsonb not null default '{}',
      system_prompt text,
      -- Null: only people judge.
      judge_model_id text,
      rubric text,
      judge_of_family boolean not null default false,
      -- The team that pays; null: the owner does.
      payer_team_id uuid references team (id),
      credits_max bigint not null check (credits_max >= 0),
      -- What the answers that have ended were charged.
      spent bigint not null default 0 check (spent >= 0),
      stop_early boolean not null default false,
      -- Who may judge beside its owner.
      judged_by text not null default 'NOBODY' check (judged_by in ('NOBODY', 'TEAM', 'MEMBERS')),
      judging_team_id uuid references team (id),
      state text not null check (state in ('RUNNING', 'PAUSED', 'DONE', 'STOPPED', 'DELETED')),
      -- PAUSED: what it waits for, and in words.
      pause_code text,
      pause_message text,
      -- The model that was found to be better than all others before all was asked; null: none was.
      decided_model_id text,
      lease_owner uuid,
      lease_until timestamptz(3),
      created_at timestamptz(3) not null default clock_timestamp(),
      finished_at timestamptz(3),
      check ((judged_by = 'TEAM') = (judging_team_id is not null)),
      check ((state in ('DONE', 'STOPPED')) = (finished_at is not null) or state = 'DELETED')
    )`.execute(db);
  await sql`create index evaluation_user on evaluation (user_id)`.execute(db);
  await sql`create index evaluation_at_work on evaluation (state) where state in ('RUNNING', 'DELETED')`.execute(db);
  await sql`
    create table evaluation_item (
      evaluation_id uuid not null references evaluation (id) on delete cascade,
      position integer not null,
      prompt text not null,
      reference text,
      topic text,
      primary key (evaluation_id, position)
    )`.execute(db);
  await sql`
    create table evaluation_ask (
      evaluation_id uuid not null references evaluation (id) on delete cascade,
      position integer not null,
      repeat integer not null,
      -- The order in which they are sent: random by prompt, so that whoever stops early has seen a fair sample.
      place integer not null,
      state text not null default 'WAITING' check (state in ('WAITING', 'ASKED', 'ENDED', 'REFUSED')),
      -- Null: not asked yet, or the conversation was deleted.
      turn_id uuid references turn (id) on delete set null,
      -- REFUSED: why.
      message text,
      primary key (evaluation_id, position, repeat)
    )`.execute(db);
  await sql`create index evaluation_ask_order on evaluation_ask (evaluation_id, state, place)`.execute(db);
  await sql`create index evaluation_ask_turn on evaluation_ask (turn_id)`.execute(db);
  // There is no action on delete: without its evaluation such a conversation would appear in lists.
  await sql`alter table conversation add evaluation_id uuid references evaluation (id)`.execute(db);
  await sql`
    create index conversation_evaluation on conversation (evaluation_id) where evaluation_id is not null`.execute(db);
}

async function createJudging(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table evaluation_pair (
      id uuid primary key,
      evaluation_id uuid not null references evaluation (id) on delete cascade,
      position integer not null,
      repeat integer not null,
      -- Two answers of one prompt by their lanes.
      lane_a integer not null,
      lane_b integer not null check (lane_a < lane_b),
      -- What the judge model was asked, with the answer of lane_a first, and last; null: not asked yet, or deleted.
      first_turn_id uuid references turn (id) on delete set null,
      last_turn_id uuid references turn (id) on delete set null,
      first_asked boolean not null default false,
      last_asked boolean not null default false,
      -- What it said; NONE: nothing that counts.
      first_said text check (first_said in ('A', 'B', 'TIE', 'NONE')),
      last_said text check (last_said in ('A', 'B', 'TIE', 'NONE')),
      -- Both of them agree on it; null: it abstains, or has not said it yet.
      judged text check (judged in ('A', 'B', 'TIE')),
      unique (evaluation_id, position, repeat, lane_a, lane_b)
    )`.execute(db);
  await sql`
    create index evaluation_pair_open on evaluation_pair (evaluation_id)
    where first_said is null or last_said is null`.execute(db);
  await sql`create index evaluation_pair_first on evaluation_pair (first_turn_id)`.execute(db);
  await sql`create index evaluation_pair_last on evaluation_pair (last_turn_id)`.execute(db);
  await sql`
    create table evaluation_verdict (
      id uuid primary key,
      pair_id uuid not null references evaluation_pair (id) on delete cascade,
      user_id text not null references "user" (id) on delete cascade,
      -- Whether the answer of lane_b was shown as A.
      swapped boolean not null,
      shown_at timestamptz(3) not null default clock_timestamp(),
      -- By lanes, and not by what was shown; null: not judged yet.
      said text check (said in ('A', 'B', 'TIE', 'ALL_BAD')),
      -- Whether the member had not seen the answers with their models' names.
      blind boolean,
      judged_at timestamptz(3),
      unique (pair_id, user_id),
      check ((said is null) = (judged_at is null)),
      check ((said is null) = (blind is null))
    )`.execute(db);
  await sql`create index evaluation_verdict_user on evaluation_verdict (user_id)`.execute(db);
  await sql`
    create table evaluation_opening (
      evaluation_id uuid not null references evaluation (id) on delete cascade,
      -- The prompt whose answers were read beside their models' names.
      position integer not null,
      user_id text not null references "user" (id) on delete cascade,
      opened_at timestamptz(3) not null default clock_timestamp(),
      primary key (evaluation_id, position, user_id)
    )`.execute(db);
}
