import { type Kysely, sql } from 'kysely';

/**
 * Admins change the catalogue at run time: providers with their keys, models, the order and the defaults. What they
 * store is read over the catalogue's file. The version rises with each change, so that processes find out by one row.
 *
 * An answer keeps the prices at which it was asked: the models that may write it may be changed, or gone, when another
 * process settles it.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table provider_setting (
      id text primary key,
      -- An entry of the catalogue's file, without what may be secret.
      entry jsonb not null check (jsonb_typeof(entry) = 'object'),
      -- The key, the headers and the query, encrypted; null: none of them.
      sealed text,
      -- The last characters of the key, by which people tell it from others.
      key_ending text check (length(key_ending) <= 4),
      header_names text[] not null default '{}',
      query_names text[] not null default '{}',
      created_at timestamptz(3) not null default now(),
      updated_at timestamptz(3) not null default now()
    )`.execute(db);
  await sql`
    alter table model_setting
      alter enabled set default true,
      add entry jsonb check (jsonb_typeof(entry) = 'object')`.execute(db);
  await sql`
    create table catalogue_setting (
      single boolean primary key default true check (single),
      version bigint not null default 0,
      -- Null: those of the catalogue's file.
      default_model_ids text[],
      -- These models come first, in this order.
      model_order text[] not null default '{}',
      -- A provider had a key once: what members may do by default stays as strict as that made it.
      was_paid boolean not null default false
    )`.execute(db);
  await sql`
    create table provider_look (
      provider_id text primary key,
      begun_at timestamptz(3) not null default now(),
      -- Null: no look has succeeded yet.
      looked_at timestamptz(3),
      names text[] not null default '{}',
      new_names text[] not null default '{}'
    )`.execute(db);
  // By model id; null: the answer is final, or was asked before prices were kept.
  await sql`alter table response add prices jsonb`.execute(db);
}
