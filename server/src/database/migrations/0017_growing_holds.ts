import { type Kysely, sql } from 'kysely';

/** Holds may grow with their answers, and budgets tell when they near their end. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table response
      -- Whether the answer is kept back until its account has credits for more of it.
      add waits_for_credits boolean not null default false,
      -- What ended the answer before its model did; null: nothing.
      add shortened_by text check (shortened_by in ('CREDITS'))`.execute(db);
}
