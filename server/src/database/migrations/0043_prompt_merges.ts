import { type Kysely, sql } from 'kysely';

/**
 * Merges that are asked for with the prompt, and hide among their sources. Whoever judged a merge that they had asked for
 * afterwards knew which answer it was: such a verdict is not blind.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table turn add column with_merge boolean not null default false`.execute(db);
  await sql`
    update verdict set blind = false
    where blind and exists (select from verdict_contestant where verdict_id = verdict.id and merged)`.execute(db);
}
