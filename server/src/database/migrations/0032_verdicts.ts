import { type Kysely, sql } from 'kysely';

/**
 * Blind turns, and what was judged. A verdict keeps the figures of what it compared, so it counts the same when the turn, the
 * member or the model is gone.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table turn
      add column blind boolean not null default false,
      -- When its member was shown the models; null: not yet, or the turn is not blind.
      add column revealed_at timestamptz(3),
      -- Whether a reader was shown its answers as they came, at the models' own speeds.
      add column unpaced boolean not null default false,
      add check (blind or (revealed_at is null and not unpaced))`.execute(db);
  await sql`create index turn_hidden on turn (user_id) where blind and revealed_at is null`.execute(db);
  await sql`
    create table judge (
      -- What stands for the judge wherever verdicts are told without names.
      number bigint generated always as identity primary key,
      -- Null: the account was deleted, or a model judges.
      user_id text unique references "user" (id) on delete set null,
      -- A model that judges; null: a member does.
      model_id text unique,
      check (user_id is null or model_id is null)
    )`.execute(db);
  await sql`
    create table verdict (
      id uuid primary key,
      -- Null: the conversation was deleted.
      turn_id uuid references turn (id) on delete set null,
      judge_number bigint not null references judge (number),
      -- The team that paid for the answers; null: a member did.
      team_id uuid references team (id) on delete set null,
      kind text not null check (kind in ('BEST', 'TIE', 'ALL_BAD')),
      topic text check (length(topic) between 1 and 80),
      note text check (length(note) between 1 and 2000),
      -- Whether the judge did not know the models.
      blind boolean not null,
      -- Whether the judge saw the answers arrive at the models' own speeds.
      unpaced boolean not null default false,
      -- Whether an answer names its model or maker.
      named boolean not null default false,
      created_at timestamptz(3) not null default clock_timestamp(),
      changed_at timestamptz(3),
      unique (turn_id, judge_number)
    )`.execute(db);
  await sql`create index verdict_time on verdict (created_at)`.execute(db);
  await sql`create index verdict_judge on verdict (judge_number)`.execute(db);
  await sql`
    create table verdict_contestant (
      verdict_id uuid not null references verdict (id) on delete cascade,
      -- As the judge saw it, from 0.
      lane integer not null,
      -- There is no foreign key: the response may be deleted.
      response_id uuid not null,
      model_id text not null,
      best boolean not null,
      -- Whether the answer was made from other answers.
      merged boolean not null default false,
      credits bigint not null,
      first_token_ms integer,
      output_tokens integer,
      -- UTF-16 code units.
      characters integer not null,
      primary key (verdict_id, lane)
    )`.execute(db);
}
