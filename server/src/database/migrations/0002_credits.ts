import { type Kysely, sql } from 'kysely';

/**
 * The ledger. An account's entries add up to its balance, which the database itself refuses to let slip: entries are
 * append-only, each goes on where the one before it ended, and at commit the newest must end at the account's balance.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table credit_account (
      user_id text primary key references "user" (id),
      balance bigint not null default 0,
      held bigint not null default 0,
      -- The month (its first day, UTC) of the last top-up and the level it reached: at most one per month and level.
      topped_up_month date,
      topped_up_to bigint not null default 0,
      constraint credit_account_covered check (0 <= held and held <= balance)
    )`.execute(db);

  await sql`
    create table credit_entry (
      id bigint generated always as identity primary key,
      user_id text not null references credit_account (user_id),
      kind text not null check (kind in ('GRANT', 'CHARGE', 'ADJUSTMENT')),
      amount bigint not null check (amount <> 0),
      balance_after bigint not null check (balance_after >= 0),
      -- Kept when the response is deleted; so no foreign key.
      response_id uuid,
      note text,
      created_at timestamptz(3) not null default clock_timestamp(),
      check (kind <> 'CHARGE' or (amount < 0 and response_id is not null)),
      check (kind <> 'GRANT' or amount > 0)
    )`.execute(db);
  await sql`create index credit_entry_user on credit_entry (user_id, id desc)`.execute(db);
  await sql`create unique index credit_entry_charge on credit_entry (response_id) where kind = 'CHARGE'`.execute(db);

  await sql`
    create function append_only() returns trigger language plpgsql as $$
    begin
      raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
    end $$`.execute(db);
  await sql`
    create trigger credit_entry_append_only before update or delete or truncate on credit_entry
    for each statement execute function append_only()`.execute(db);

  await sql`
    create function credit_account_reconciles() returns trigger language plpgsql as $$
    declare
      account_balance bigint;
      last_balance bigint;
    begin
      select balance into account_balance from credit_account where user_id = new.user_id;
      select balance_after into last_balance from credit_entry where user_id = new.user_id order by id desc limit 1;
      if account_balance <> coalesce(last_balance, 0) then
        raise exception 'credit account and its entries disagree: % and %', account_balance, last_balance
          using errcode = 'check_violation';
      end if;
      return null;
    end $$`.execute(db);
  await sql`
    create constraint trigger credit_account_reconciles after insert or update of balance on credit_account
    deferrable initially deferred for each row execute function credit_account_reconciles()`.execute(db);
  await sql`
    create constraint trigger credit_entry_reconciles after insert on credit_entry
    deferrable initially deferred for each row execute function credit_account_reconciles()`.execute(db);

  await sql`
    create function credit_entry_follows() returns trigger language plpgsql as $$
    declare
      balance_before bigint;
    begin
      select balance_after into balance_before from credit_entry
      where user_id = new.user_id and id < new.id order by id desc limit 1;
      if coalesce(balance_before, 0) + new.amount <> new.balance_after then
        raise exception 'a credit entry does not follow from the one before it: % and % make no %',
          coalesce(balance_before, 0), new.amount, new.balance_after using errcode = 'check_violation';
      end if;
      return new;
    end $$`.execute(db);
  await sql`
    create trigger credit_entry_follows before insert on credit_entry
    for each row execute function credit_entry_follows()`.execute(db);

  // A receipt says what a response cost and why, with the prices in force; it outlives the conversation and holds none
  // of its text.
  await sql`
    create table receipt (
      response_id uuid primary key,
      user_id text not null references "user" (id),
      model_id text not null,
      provider_id text not null,
      status text not null,
      input_tokens bigint not null,
      cached_input_tokens bigint not null,
      cache_write_input_tokens bigint not null,
      output_tokens bigint not null,
      reasoning_tokens bigint not null,
      estimated boolean not null,
      -- Credits for a million tokens.
      input_price bigint not null,
      cached_input_price bigint not null,
      cache_write_input_price bigint not null,
      output_price bigint not null,
      -- Credits for the request itself.
      request_price bigint not null,
      credits_held bigint not null,
      credits bigint not null check (credits between 0 and credits_held),
      cost_usd numeric(24, 12) not null,
      first_token_ms integer,
      created_at timestamptz(3) not null default clock_timestamp()
    )`.execute(db);
  await sql`create index receipt_created on receipt (created_at)`.execute(db);
  await sql`create index receipt_user_created on receipt (user_id, created_at)`.execute(db);
  await sql`
    create trigger receipt_append_only before update or delete or truncate on receipt
    for each statement execute function append_only()`.execute(db);

  await sql`
    create table model_setting (
      model_id text primary key,
      enabled boolean not null
    )`.execute(db);

  await sql`
    create table audit_entry (
      id bigint generated always as identity primary key,
      actor_id text references "user" (id),
      action text not null,
      target text,
      note text,
      created_at timestamptz(3) not null default clock_timestamp()
    )`.execute(db);
}
