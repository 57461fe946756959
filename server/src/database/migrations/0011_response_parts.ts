import { type Kysely, sql } from 'kysely';

/**
 * The parts of an answer, in order: `{kind, start}` for a piece of the text or the reasoning, which lasts until the
 * next part of its kind starts, and `{kind, data}` for any other kind. Null in answers from before: their reasoning
 * came first, then their text. So no text is moved, and the migration is quick on a database of any size.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table response add column parts jsonb check (jsonb_typeof(parts) = 'array')`.execute(db);
}
