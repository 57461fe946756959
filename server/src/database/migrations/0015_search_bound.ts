import { type Kysely, sql } from 'kysely';

/**
 * A text is searched in its first million characters. To fold all of an answer of ten million took as long as a
 * statement may take, and an answer whose last statement is cancelled is never settled. Texts that are folded already
 * stay as they are.
 *
 * The function stays one: a restored dump folds the texts without a search path, where it would find no other.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    do $$
    begin
      execute replace(pg_get_functiondef('fold_for_search(text)'::regprocedure), '$1', 'left($1, 1000000)');
    end $$`.execute(db);
}
