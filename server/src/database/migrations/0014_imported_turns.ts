import { type Kysely, sql } from 'kysely';

/** A program's client may bring turns that were asked elsewhere; they count against no rate. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table turn add column imported boolean not null default false`.execute(db);
}
