import { type Kysely, sql } from 'kysely';

/**
 * Adds the auditor's role, second factors, the last use of sessions, accounts that are deleted but stay in the books, and
 * a chain of hashes through the audit log.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await admitAuditors(db);
  await createTwoFactor(db);
  await sql`alter table session add column last_used_at timestamptz not null default now()`.execute(db);
  await sql`update session set last_used_at = updated_at`.execute(db);
  await keepDeletedUsers(db);
  await saltAuditEntries(db);
  await hashAuditEntries(db);
  await chainAuditEntries(db);
  await closeAuditLog(db);
  await indexAuditEntries(db);
}

async function admitAuditors(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table "user"
      drop constraint user_role_check,
      add constraint user_role_check check (role in ('USER', 'AUDITOR', 'ADMIN'))`.execute(db);
}

/** The table of better-auth's two-factor plugin, in snake_case. */
async function createTwoFactor(db: Kysely<unknown>): Promise<void> {
  await sql`alter table "user" add column two_factor_enabled boolean not null default false`.execute(db);
  await sql`
    create table two_factor (
      id text primary key,
      user_id text not null references "user" (id) on delete cascade,
      -- Encrypted with the secret that signs the sessions, as the backup codes are.
      secret text not null,
      backup_codes text not null,
      -- False until the member has typed a first code.
      verified boolean not null default true,
      failed_verification_count integer not null default 0,
      locked_until timestamptz
    )`.execute(db);
  await sql`create index two_factor_user on two_factor (user_id)`.execute(db);
}

/**
 * The row of a user whose account was deleted stays without name and address: the ledger, receipts and the audit log
 * refer to it.
 */
async function keepDeletedUsers(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table "user"
      add column deleted_at timestamptz(3),
      -- When everything that the user had written was deleted too.
      add column purged_at timestamptz(3),
      add constraint user_deleted check (deleted_at is null or (suspended and role = 'USER')),
      add constraint user_purged check (purged_at is null or deleted_at is not null)`.execute(db);
  await sql`
    create index user_to_purge on "user" (deleted_at) where deleted_at is not null and purged_at is null`.execute(db);
}

/** An entry's salt keeps its digest from telling, once the names are erased, which names they were. */
async function saltAuditEntries(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table audit_entry
      add column salt uuid default gen_random_uuid(),
      -- Null: not in the chain yet.
      add column position bigint,
      -- SHA-256 of the salt, the target and the note, which can be erased.
      add column digest bytea,
      -- SHA-256 of the hash before it, the digest, and the other columns.
      add column hash bytea,
      add constraint audit_entry_chained check (num_nonnulls(position, digest, hash) in (0, 3)),
      add constraint audit_entry_erased check (salt is not null or num_nonnulls(target, note) = 0)`.execute(db);
  await sql`create unique index audit_entry_position on audit_entry (position)`.execute(db);
  await sql`create index audit_entry_counting on audit_entry (period) where position is null`.execute(db);
}

/** domain/people/audit-chain.ts computes the same hashes. */
async function hashAuditEntries(db: Kysely<unknown>): Promise<void> {
  // A text with its length before it, so that no two lists of texts are written alike.
  await sql`
    create function audit_text(value text) returns text language sql immutable
    return coalesce(octet_length(value) || ':' || value, '-')`.execute(db);
  await sql`
    create function audit_digest(entry audit_entry) returns bytea language sql immutable
    return sha256(convert_to(
      audit_text(entry.salt::text) || audit_text(entry.target) || audit_text(entry.note), 'UTF8'))`.execute(db);
  await sql`
    create function audit_hash(previous bytea, entry audit_entry) returns bytea language sql immutable
    return sha256(previous || entry.digest || convert_to(
      audit_text(entry.position::text) || audit_text(entry.id::text) || audit_text(entry.actor_id)
      || audit_text(entry.action) || audit_text(entry.occurrences::text)
      || audit_text(round(extract(epoch from entry.created_at) * 1000)::bigint::text), 'UTF8'))`.execute(db);
}

/**
 * An entry joins the chain when its transaction commits, behind a lock that is then held for no longer than the commit.
 * So the order in the chain is that of the commits over all replicas, and the lock comes after all others, wherever in
 * its transaction the entry was written. An entry that counts an act joins once its period is over.
 */
async function chainAuditEntries(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function chain_audit_entry(entry_id bigint) returns void language plpgsql as $$
    declare
      last audit_entry;
      entry audit_entry;
    begin
      select * into last from audit_entry where position is not null order by position desc limit 1;
      select * into entry from audit_entry where id = entry_id;
      entry.position := coalesce(last.position, 0) + 1;
      entry.digest := audit_digest(entry);
      update audit_entry
      set position = entry.position, digest = entry.digest, hash = audit_hash(coalesce(last.hash, ''), entry)
      where id = entry_id;
    end $$`.execute(db);
  // Each statement behind the lock sees what its previous holder committed, at READ COMMITTED.
  await sql`
    create function chain_counted_audit_entries() returns integer language plpgsql as $$
    declare
      counted bigint;
      count integer := 0;
    begin
      perform pg_advisory_xact_lock(hashtext('polylogue.audit'));
      for counted in
        -- A statement that counts may have begun before the end of the period. An entry whose names are being erased
        -- is left for the next time: its transaction waits for this lock.
        select id from audit_entry where position is null and period < now() - interval '17 minutes'
        -- Everybody who writes an entry waits for this: the next one takes in what is left.
        order by id limit 200 for update skip locked
      loop
        perform chain_audit_entry(counted);
        count := count + 1;
      end loop;
      return count;
    end $$`.execute(db);
  await sql`
    create function audit_entry_is_chained() returns trigger language plpgsql as $$
    begin
      perform chain_counted_audit_entries();
      if new.period is null then
        perform chain_audit_entry(new.id);
      end if;
      return null;
    end $$`.execute(db);
  await sql`
    create constraint trigger audit_entry_is_chained after insert on audit_entry
    deferrable initially deferred for each row execute function audit_entry_is_chained()`.execute(db);
  await sql`
    do $$
    declare
      entry_id bigint;
    begin
      for entry_id in select id from audit_entry where period is null order by id loop
        perform chain_audit_entry(entry_id);
      end loop;
      perform chain_counted_audit_entries();
    end $$`.execute(db);
}

/** Of an entry in the chain, only the names can be erased: the salt, the target and the note together. */
async function closeAuditLog(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function audit_entry_is_final() returns trigger language plpgsql as $$
    declare
      erased audit_entry := old;
    begin
      erased.salt := null;
      erased.target := null;
      erased.note := null;
      if old.position is not null and new is distinct from erased then
        raise exception 'an audit entry cannot be changed' using errcode = 'restrict_violation';
      end if;
      return new;
    end $$`.execute(db);
  await sql`
    create trigger audit_entry_is_final before update on audit_entry
    for each row execute function audit_entry_is_final()`.execute(db);
  await sql`
    create trigger audit_entry_append_only before delete or truncate on audit_entry
    for each statement execute function append_only()`.execute(db);
}

/** By these the entries are found that a member has made, and those that name one whose account is deleted. */
async function indexAuditEntries(db: Kysely<unknown>): Promise<void> {
  await sql`create index audit_entry_actor on audit_entry (actor_id, created_at)`.execute(db);
  await sql`create index audit_entry_target on audit_entry (target)`.execute(db);
  // The words of a note; only notes with an address in them are looked at.
  await sql`
    create function audit_words(note text) returns text[] language sql immutable
    return pg_catalog.regexp_split_to_array(pg_catalog.lower(note), '[\\s,;:()<>"“”]+')`.execute(db);
  await sql`create index audit_entry_words on audit_entry using gin (audit_words(note)) where note like '%@%'`.execute(
    db,
  );
}
