import { type Kysely, sql } from 'kysely';

/**
 * Counts how often a user's ways to sign in were taken away or changed. A session names the count at which the request
 * began that makes it: one that began before, and was still hashing a password, gets none.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table "user" add column credentials_epoch integer not null default 0`.execute(db);
  // Sessions that are there already have none, and stay.
  await sql`alter table session add column credentials_epoch integer`.execute(db);
  // The lock conflicts with that of whoever changes the count, as with that of a suspension.
  await sql`
    create or replace function session_of_suspended() returns trigger language plpgsql as $$
    declare
      found record;
    begin
      select suspended, credentials_epoch into found from "user" where id = new.user_id for share;
      if found.suspended then
        raise exception 'the user is suspended' using errcode = 'restrict_violation';
      end if;
      if new.credentials_epoch is distinct from found.credentials_epoch then
        raise exception 'the ways to sign in have changed' using errcode = 'restrict_violation';
      end if;
      return new;
    end $$`.execute(db);
}
