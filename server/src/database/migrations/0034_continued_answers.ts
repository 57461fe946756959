import { type Kysely, sql } from 'kysely';

/** Prompts that go on from one answer only, and verdicts whose conversation is deleted. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table turn
      -- The answer of an earlier turn of the branch that the prompt went on from; null: each model from its own.
      add column history_response_id uuid,
      add column history_turn_id uuid,
      add column history_lane integer,
      add check (num_nulls(history_response_id, history_turn_id, history_lane) in (0, 3))`.execute(db);
  await sql`
    create function verdict_forgets_note() returns trigger language plpgsql as $$
    begin
      new.note := null;
      return new;
    end
    $$`.execute(db);
  // A note is about the texts, and goes with them.
  await sql`
    create trigger verdict_forgets_note before update of turn_id on verdict
    for each row when (new.turn_id is null) execute function verdict_forgets_note()`.execute(db);
  await sql`create index verdict_topic on verdict (topic) where topic is not null`.execute(db);
}
