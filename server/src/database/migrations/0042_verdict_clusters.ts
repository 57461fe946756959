import { type Kysely, sql } from 'kysely';

/** Which verdicts are on one prompt. Verdicts of evaluations name no turn, and a turn may be deleted. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table verdict add column cluster_id uuid not null default gen_random_uuid()`.execute(db);
  await sql`
    update verdict set cluster_id = left(encode(sha256(convert_to(turn_id::text, 'UTF8')), 'hex'), 32)::uuid
    where turn_id is not null`.execute(db);
}
