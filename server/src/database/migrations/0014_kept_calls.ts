import { type Kysely, sql } from 'kysely';

/** Programs' calls are kept in conversations, and programs may bring turns, ids and users of their own. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // A turn that was asked elsewhere counts against no rate.
  await sql`alter table turn add column imported boolean not null default false`.execute(db);
  await sql`alter table conversation add column client_id text check (length(client_id) between 1 and 200)`.execute(db);
  await sql`
    create unique index conversation_user_client on conversation (user_id, client_id)
    where client_id is not null`.execute(db);
  await admitGuests(db);
}

/**
 * A guest is a user without a password, whom a program names. Guests are nobody's first account: the first person who
 * signs up is still the admin.
 */
async function admitGuests(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table "user"
      add column guest_key text,
      drop constraint user_admitted_as_check,
      add constraint user_admitted_as_check
        check (admitted_as in ('FIRST', 'OPEN', 'DOMAIN', 'INVITATION', 'OPERATOR', 'GUEST')),
      add constraint user_guest check ((admitted_as = 'GUEST') = (guest_key is not null)),
      add constraint user_guest_is_no_admin check (guest_key is null or role = 'USER')`.execute(db);
  await sql`create unique index user_guest_key on "user" (guest_key) where guest_key is not null`.execute(db);
  await sql`
    create or replace function user_first_is_admin() returns trigger language plpgsql as $$
    begin
      if new.guest_key is null and not exists (select from "user" where guest_key is null) then
        perform pg_advisory_xact_lock(hashtext('polylogue.first-admin'));
        if not exists (select from "user" where guest_key is null) then
          new.role := 'ADMIN';
        end if;
      end if;
      return new;
    end $$`.execute(db);
  await sql`
    create or replace function user_is_admitted() returns trigger language plpgsql as $$
    declare
      used invitation;
    begin
      if new.admitted_as = 'FIRST' then
        perform pg_advisory_xact_lock(hashtext('polylogue.first-admin'));
        if exists (select from "user" where guest_key is null) then
          raise exception 'somebody was first' using errcode = 'PL001';
        end if;
      end if;
      if new.admitted_as = 'INVITATION' then
        update invitation set uses = uses + 1
        where id = new.invitation_id and revoked_at is null and coalesce(expires_at > now(), true)
          and coalesce(uses < uses_max, true)
        returning * into used;
        if not found then
          raise exception 'the invitation is not valid any more' using errcode = 'PL002';
        end if;
        new.tier := used.tier;
        insert into audit_entry (actor_id, action, target, note)
        values (used.created_by, 'invite', new.email, 'by invitation ' || right(used.id::text, 12) || ', plan ' || used.tier);
      end if;
      return new;
    end $$`.execute(db);
}
