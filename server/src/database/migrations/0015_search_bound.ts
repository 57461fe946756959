import { type Kysely, sql } from 'kysely';

/**
 * A text is searched in its first million characters. To fold all of an answer of ten million took as long as a
 * statement may take, and an answer whose last statement is cancelled is never settled. Texts that are folded already
 * stay as they are.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    do $$
    begin
      execute replace(pg_get_functiondef('fold_for_search(text)'::regprocedure), 'fold_for_search', 'fold_whole_text');
    end $$`.execute(db);
  await sql`
    create or replace function fold_for_search(text) returns text language sql immutable strict parallel safe as $fold$
      select fold_whole_text(left($1, 1000000))
    $fold$`.execute(db);
}
