import { type Kysely, sql } from 'kysely';

/**
 * A program's call is a response without a turn, which is deleted when it is settled (decision 0023). It counts against
 * the member's rate like a prompt.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table response
      alter column turn_id drop not null,
      alter column conversation_id drop not null,
      add constraint response_placed check ((turn_id is null) = (conversation_id is null)),
      add constraint response_call_runs check (turn_id is not null or lease_until is not null)`.execute(db);
  await sql`drop index response_user_regenerated`.execute(db);
  await sql`
    create index response_user_admitted on response (user_id, created_at)
    where regenerated or turn_id is null`.execute(db);
}
