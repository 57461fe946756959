import { type Kysely, sql } from 'kysely';

/** Answers that a model made from other answers of their turn. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table response
      -- What all versions of its lane are made from; null: from the prompt alone.
      add column merge jsonb check (
        jsonb_typeof(merge) = 'object' and jsonb_typeof(merge -> 'sourceIds') = 'array'
        and merge ->> 'mode' in ('COMBINE', 'COMPARE', 'JUDGE')
      )`.execute(db);
}
