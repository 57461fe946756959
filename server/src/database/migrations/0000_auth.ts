import { type Kysely, sql } from 'kysely';

/**
 * The tables of better-auth 1.7 and its api-key plugin, in snake_case (http/auth/ maps the names), with our
 * columns on the user. Written out rather than generated at start, so that there is one history of migrations;
 * a test asks better-auth whether anything is missing.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createUser(db);
  await createSession(db);
  await createAccount(db);
  await createVerification(db);
  await createApiKey(db);
}

async function createUser(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('user')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('email', 'text', (column) => column.notNull().unique())
    .addColumn('email_verified', 'boolean', (column) => column.notNull().defaultTo(false))
    .addColumn('image', 'text')
    .addColumn('role', 'text', (column) => column.notNull().defaultTo('USER').check(sql`role in ('USER', 'ADMIN')`))
    .addColumn('tier', 'text', (column) =>
      column.notNull().defaultTo('FREE').check(sql`tier in ('FREE', 'PRO', 'ENTERPRISE')`),
    )
    .addColumn('suspended', 'boolean', (column) => column.notNull().defaultTo(false))
    .addColumn('created_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
    .addColumn('updated_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
    .execute();

  // The first account is the admin, whoever inserts it and however many sign up at the same moment. The second look
  // is a statement of its own behind the lock: at READ COMMITTED it sees what the previous holder committed.
  await sql`
    create function user_first_is_admin() returns trigger language plpgsql as $$
    begin
      if not exists (select from "user") then
        perform pg_advisory_xact_lock(hashtext('polylogue.first-admin'));
        if not exists (select from "user") then
          new.role := 'ADMIN';
        end if;
      end if;
      return new;
    end $$
  `.execute(db);
  await sql`
    create trigger user_first_is_admin before insert on "user" for each row execute function user_first_is_admin()
  `.execute(db);
}

async function createSession(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('session')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('user_id', 'text', (column) => column.notNull().references('user.id').onDelete('cascade'))
    .addColumn('token', 'text', (column) => column.notNull().unique())
    .addColumn('expires_at', 'timestamptz', (column) => column.notNull())
    .addColumn('ip_address', 'text')
    .addColumn('user_agent', 'text')
    .addColumn('created_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
    .addColumn('updated_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
    .execute();
  await db.schema.createIndex('session_user_id_idx').on('session').column('user_id').execute();
}

async function createAccount(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('account')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('user_id', 'text', (column) => column.notNull().references('user.id').onDelete('cascade'))
    .addColumn('provider_id', 'text', (column) => column.notNull())
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('password', 'text')
    .addColumn('access_token', 'text')
    .addColumn('refresh_token', 'text')
    .addColumn('id_token', 'text')
    .addColumn('access_token_expires_at', 'timestamptz')
    .addColumn('refresh_token_expires_at', 'timestamptz')
    .addColumn('scope', 'text')
    .addColumn('created_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
    .addColumn('updated_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
    .execute();
  await db.schema.createIndex('account_user_id_idx').on('account').column('user_id').execute();
}

async function createVerification(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('verification')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('identifier', 'text', (column) => column.notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'timestamptz', (column) => column.notNull())
    .addColumn('created_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
    .addColumn('updated_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
    .execute();
  await db.schema.createIndex('verification_identifier_idx').on('verification').column('identifier').execute();
}

async function createApiKey(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('api_key')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('user_id', 'text', (column) => column.notNull().references('user.id').onDelete('cascade'))
    .addColumn('config_id', 'text', (column) => column.notNull())
    .addColumn('name', 'text')
    // The key's first characters, for people to recognise it by.
    .addColumn('start', 'text')
    .addColumn('prefix', 'text')
    // The key's SHA-256; the key itself is stored nowhere.
    .addColumn('key', 'text', (column) => column.notNull().unique())
    .addColumn('refill_interval', 'integer')
    .addColumn('refill_amount', 'integer')
    .addColumn('last_refill_at', 'timestamptz')
    .addColumn('enabled', 'boolean')
    .addColumn('rate_limit_enabled', 'boolean')
    .addColumn('rate_limit_time_window', 'integer')
    .addColumn('rate_limit_max', 'integer')
    .addColumn('request_count', 'integer')
    .addColumn('remaining', 'integer')
    .addColumn('last_request', 'timestamptz')
    .addColumn('expires_at', 'timestamptz')
    .addColumn('created_at', 'timestamptz', (column) => column.notNull())
    .addColumn('updated_at', 'timestamptz', (column) => column.notNull())
    .addColumn('permissions', 'text')
    .addColumn('metadata', 'text')
    .execute();
  await db.schema.createIndex('api_key_user_id_idx').on('api_key').column('user_id').execute();
}
