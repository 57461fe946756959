import { type Kysely, sql } from 'kysely';

/** Marks receipts whose cost is the provider's own figure, not computed from tokens and prices. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table receipt add column cost_reported boolean not null default false`.execute(db);
}
