import { type Kysely, sql } from 'kysely';

/** What the prompts of an evaluation may cost while they are answered, and one verdict of a judge for each pair. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // Credits that a sending may cost at most, as quoted when it was sent: where holds grow, the hold is less at first.
  await sql`alter table evaluation_ask add most bigint not null default 0 check (most >= 0)`.execute(db);
  await sql`
    alter table evaluation_pair
      add first_most bigint not null default 0 check (first_most >= 0),
      add last_most bigint not null default 0 check (last_most >= 0)`.execute(db);
  await sql`
    create index evaluation_ask_open on evaluation_ask (evaluation_id) where state = 'ASKED'`.execute(db);
  await sql`
    create index evaluation_pair_asked on evaluation_pair (evaluation_id)
    where (first_asked and first_said is null) or (last_asked and last_said is null)`.execute(db);
  await sql`
    alter table verdict
      -- What was judged of an evaluation; null: a turn was judged, or the evaluation was deleted.
      add pair_id uuid references evaluation_pair (id) on delete set null,
      add unique (pair_id, judge_number)`.execute(db);
}
