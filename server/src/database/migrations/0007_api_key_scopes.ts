import { type Kysely, sql } from 'kysely';

/**
 * Gives API keys scopes, and adds what account security needs in the database.
 *
 * Keys made before could do all that their member could; they become READ and PROMPT, which is what nearly every
 * program needs. A member who wants a key that manages the account makes a new one.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table api_key add column scopes text[] not null default '{READ,PROMPT}'
    check (scopes <@ array['READ', 'PROMPT', 'ADMIN'] and cardinality(scopes) > 0)`.execute(db);

  // A session that is made while its user is being suspended must not outlive the suspension. The lock conflicts with
  // the suspension's: either this trigger sees the suspension, or the suspension finds the session and deletes it.
  await sql`
    create function session_of_suspended() returns trigger language plpgsql as $$
    declare
      user_suspended boolean;
    begin
      select suspended into user_suspended from "user" where id = new.user_id for share;
      if user_suspended then
        raise exception 'the user is suspended' using errcode = 'restrict_violation';
      end if;
      return new;
    end $$`.execute(db);
  await sql`
    create trigger session_of_suspended before insert on session
    for each row execute function session_of_suspended()`.execute(db);
  await sql`delete from session using "user" where "user".id = session.user_id and "user".suspended`.execute(db);

  // Until now, names could contain characters that turn the text around them.
  const turning = '[\\u202a-\\u202e\\u2066-\\u2069\\u200e\\u200f\\u061c]';
  await sql`
    update "user" set name = coalesce(
      nullif(trim(regexp_replace(name, ${turning}, '', 'g')), ''), split_part(email, '@', 1)
    ) where name ~ ${turning}`.execute(db);
  await sql`
    update api_key set name = regexp_replace(name, ${turning}, '', 'g') where name ~ ${turning}`.execute(db);

  // Acts that anybody can repeat become one entry for each account and period, with a count.
  await sql`alter table audit_entry add column occurrences integer not null default 1`.execute(db);
  await sql`alter table audit_entry add column period timestamptz`.execute(db);
  await sql`
    create unique index audit_entry_period on audit_entry (target, action, period) where period is not null`.execute(
    db,
  );
}
