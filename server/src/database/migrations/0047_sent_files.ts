import { type Kysely, sql } from 'kysely';

/** What models were sent of files and billed for images, and the files of prompts in sets and evaluations. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table response
      -- As what the model was sent each file of its prompt, and how many of earlier ones it was not; null: there are none.
      add column files_sent jsonb check (
        jsonb_typeof(files_sent -> 'forms') = 'array' and jsonb_typeof(files_sent -> 'leftOut') = 'number'
      )`.execute(db);
  await sql`
    alter table receipt
      -- How many of its input tokens are of images, as far as the provider said so.
      add column image_input_tokens bigint not null default 0 check (image_input_tokens between 0 and input_tokens)
  `.execute(db);
  await sql`
    create table prompt_set_file (
      item_id uuid not null references prompt_set_item (id) on delete cascade,
      -- As its sender ordered them, from 0.
      position smallint not null check (position >= 0),
      file_id uuid not null references file (id),
      primary key (item_id, position)
    )`.execute(db);
  await sql`
    create table evaluation_file (
      evaluation_id uuid not null,
      -- The prompt's.
      item integer not null,
      position smallint not null check (position >= 0),
      file_id uuid not null references file (id),
      primary key (evaluation_id, item, position),
      foreign key (evaluation_id, item) references evaluation_item (evaluation_id, position) on delete cascade
    )`.execute(db);
  for (const table of ['prompt_set_file', 'evaluation_file']) {
    await sql`create index ${sql.id(`${table}_file`)} on ${sql.id(table)} (file_id)`.execute(db);
    await sql`
      create trigger ${sql.id(`${table}_used`)} after insert on ${sql.id(table)}
      referencing new table as used for each statement execute function file_is_used()`.execute(db);
    await sql`
      create trigger ${sql.id(`${table}_released`)} after delete on ${sql.id(table)}
      referencing old table as released for each statement execute function file_is_released()`.execute(db);
  }
}
