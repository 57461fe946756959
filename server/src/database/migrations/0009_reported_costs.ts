import { type Kysely, sql } from 'kysely';

/** Whether a receipt's cost is what the provider said, and not its tokens by the prices in force. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table receipt add column cost_reported boolean not null default false`.execute(db);
}
