import { type Kysely, sql } from 'kysely';

/**
 * Files: what members attach to prompts, and images that models made. Contents are kept by their hash, once for all files
 * that have the same; a file lives as long as a turn, a response or something else refers to it.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createContents(db);
  await createFiles(db);
  await createReferences(db);
}

async function createContents(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table file_content (
      -- SHA-256 in hex.
      hash text primary key check (hash ~ '^[0-9a-f]{64}$'),
      -- What the store calls it. A content that was removed and comes again has another key: a late removal misses it.
      key uuid not null unique,
      store text not null check (store in ('DATABASE', 'BUCKET')),
      bytes integer not null check (bytes >= 0),
      -- Whether the store has all of it.
      stored boolean not null default false,
      -- Until when an upload that is under way counts on it; null: none does.
      claimed_until timestamptz(3)
    )`.execute(db);
  await sql`
    create index file_content_claimed on file_content (claimed_until) where claimed_until is not null`.execute(db);
  await sql`
    create table file_chunk (
      -- There is no foreign key: the bytes go after the content's row.
      key uuid not null,
      seq integer not null,
      data bytea not null,
      primary key (key, seq)
    )`.execute(db);
  // What is uploaded is mostly compressed already.
  await sql`alter table file_chunk alter column data set storage external`.execute(db);
  await sql`
    create table file_removal (
      -- Bytes that no row names any more, and that their store still has.
      key uuid primary key,
      store text not null check (store in ('DATABASE', 'BUCKET')),
      since timestamptz(3) not null default clock_timestamp(),
      -- When they were removed; they are once more after a while, in case an upload was still writing them.
      removed_at timestamptz(3)
    )`.execute(db);
}

async function createFiles(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table file (
      id uuid primary key,
      user_id text not null references "user" (id) on delete cascade,
      name text not null check (length(name) between 1 and 255),
      media_type text not null,
      kind text not null check (kind in ('IMAGE', 'PDF', 'DOCUMENT', 'TEXT', 'AUDIO')),
      bytes integer not null check (bytes >= 0),
      content_hash text not null references file_content (hash),
      -- What models that cannot see it are sent; null: it has no text.
      text_hash text references file_content (hash),
      text_tokens integer check (text_tokens >= 0),
      text_bytes_max bigint check (text_bytes_max >= 0),
      pages integer check (pages >= 0),
      width integer check (width > 0),
      height integer check (height > 0),
      thumbnail_hash text references file_content (hash),
      origin text not null default 'UPLOAD' check (origin in ('UPLOAD', 'MODEL')),
      created_at timestamptz(3) not null default clock_timestamp(),
      -- When it is deleted unless something refers to it by then; null: something does.
      expires_at timestamptz(3) default clock_timestamp() + interval '1 day',
      check ((text_hash is null) = (text_tokens is null)),
      check ((text_hash is null) = (text_bytes_max is null)),
      check ((width is null) = (height is null))
    )`.execute(db);
  await sql`create index file_user on file (user_id, id)`.execute(db);
  await sql`create index file_content_of on file (content_hash)`.execute(db);
  await sql`create index file_text_of on file (text_hash) where text_hash is not null`.execute(db);
  await sql`create index file_thumbnail_of on file (thumbnail_hash) where thumbnail_hash is not null`.execute(db);
  await sql`create index file_expiring on file (expires_at) where expires_at is not null`.execute(db);
}

/** A table that refers to files has both triggers, and a foreign key without an action: so no file goes that is needed. */
async function createReferences(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function file_is_used() returns trigger language plpgsql as $$
    begin
      update file set expires_at = null where id in (select file_id from used) and expires_at is not null;
      return null;
    end $$`.execute(db);
  await sql`
    create function file_is_released() returns trigger language plpgsql as $$
    begin
      update file set expires_at = clock_timestamp() where id in (select file_id from released);
      return null;
    end $$`.execute(db);
  await sql`
    create table turn_file (
      turn_id uuid not null references turn (id) on delete cascade,
      -- As its sender ordered them, from 0.
      position smallint not null check (position >= 0),
      file_id uuid not null references file (id),
      primary key (turn_id, position)
    )`.execute(db);
  await sql`
    create table response_file (
      response_id uuid not null references response (id) on delete cascade,
      position smallint not null check (position >= 0),
      file_id uuid not null references file (id),
      primary key (response_id, position)
    )`.execute(db);
  for (const table of ['turn_file', 'response_file']) {
    await sql`create index ${sql.id(`${table}_file`)} on ${sql.id(table)} (file_id)`.execute(db);
    await sql`
      create trigger ${sql.id(`${table}_used`)} after insert on ${sql.id(table)}
      referencing new table as used for each statement execute function file_is_used()`.execute(db);
    await sql`
      create trigger ${sql.id(`${table}_released`)} after delete on ${sql.id(table)}
      referencing old table as released for each statement execute function file_is_released()`.execute(db);
  }
}
