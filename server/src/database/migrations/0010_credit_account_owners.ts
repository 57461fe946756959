import { type Kysely, sql } from 'kysely';

/**
 * A credit account has an id of its own, and an owner that is a member or a team. Entries, receipts and responses name
 * the account that pays; who asked stays on the receipt and on the response.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createTeam(db);
  await giveAccountsOwners(db);
  await moveEntries(db);
  await moveReceipts(db);
  await moveResponses(db);
  await reconcileByAccount(db);
}

/** The table has only what the ledger needs of a team. */
async function createTeam(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table team (
      id uuid primary key,
      name text not null,
      -- What its account is topped up to in a month.
      monthly_credits bigint not null default 0 check (monthly_credits >= 0),
      created_at timestamptz(3) not null default now()
    )`.execute(db);
}

async function giveAccountsOwners(db: Kysely<unknown>): Promise<void> {
  await sql`alter table credit_entry drop constraint credit_entry_user_id_fkey`.execute(db);
  await sql`
    alter table credit_account
      add id uuid not null default gen_random_uuid(),
      add team_id uuid references team (id),
      drop constraint credit_account_pkey
  `.execute(db);
  await sql`
    alter table credit_account
      alter user_id drop not null,
      add primary key (id),
      add constraint credit_account_user unique (user_id),
      add constraint credit_account_team unique (team_id),
      add constraint credit_account_owned check (num_nonnulls(user_id, team_id) = 1)
  `.execute(db);
}

async function moveEntries(db: Kysely<unknown>): Promise<void> {
  await sql`alter table credit_entry add credit_account_id uuid`.execute(db);
  await sql`alter table credit_entry disable trigger credit_entry_append_only`.execute(db);
  await sql`
    update credit_entry set credit_account_id = credit_account.id
    from credit_account where credit_account.user_id = credit_entry.user_id`.execute(db);
  await sql`alter table credit_entry enable trigger credit_entry_append_only`.execute(db);
  await sql`
    alter table credit_entry
      alter credit_account_id set not null,
      add constraint credit_entry_account foreign key (credit_account_id) references credit_account (id),
      drop column user_id
  `.execute(db);
  await sql`create index credit_entry_account on credit_entry (credit_account_id, id desc)`.execute(db);
}

async function moveReceipts(db: Kysely<unknown>): Promise<void> {
  await sql`alter table receipt add credit_account_id uuid`.execute(db);
  await sql`alter table receipt disable trigger receipt_append_only`.execute(db);
  await sql`
    update receipt set credit_account_id = credit_account.id
    from credit_account where credit_account.user_id = receipt.user_id`.execute(db);
  await sql`alter table receipt enable trigger receipt_append_only`.execute(db);
  await sql`
    alter table receipt
      alter credit_account_id set not null,
      add constraint receipt_account foreign key (credit_account_id) references credit_account (id)
  `.execute(db);
}

/**
 * Names the account only on responses that are being written, since no others hold credits. Rewriting every answer with
 * its indexes would take long, and a receipt says who paid. There is no foreign key, as there is none for user_id:
 * whoever inserts a response has its account locked.
 */
async function moveResponses(db: Kysely<unknown>): Promise<void> {
  await sql`alter table response add credit_account_id uuid`.execute(db);
  await sql`
    update response set credit_account_id = credit_account.id
    from credit_account where credit_account.user_id = response.user_id and lease_until is not null`.execute(db);
  await sql`
    alter table response add constraint response_paid check (lease_until is null or credit_account_id is not null)
  `.execute(db);
}

async function reconcileByAccount(db: Kysely<unknown>): Promise<void> {
  // Both tables call this trigger: `new` is a credit account or an entry of one.
  await sql`
    create or replace function credit_account_reconciles() returns trigger language plpgsql as $$
    declare
      account_id uuid;
      account_balance bigint;
      last_balance bigint;
    begin
      if tg_table_name = 'credit_account' then account_id := new.id; else account_id := new.credit_account_id; end if;
      select balance into account_balance from credit_account where id = account_id;
      select balance_after into last_balance from credit_entry
      where credit_account_id = account_id order by id desc limit 1;
      if account_balance <> coalesce(last_balance, 0) then
        raise exception 'credit account and its entries disagree: % and %', account_balance, last_balance
          using errcode = 'check_violation';
      end if;
      return null;
    end $$`.execute(db);
  await sql`
    create or replace function credit_entry_follows() returns trigger language plpgsql as $$
    declare
      balance_before bigint;
    begin
      select balance_after into balance_before from credit_entry
      where credit_account_id = new.credit_account_id and id < new.id order by id desc limit 1;
      if coalesce(balance_before, 0) + new.amount <> new.balance_after then
        raise exception 'a credit entry does not follow from the one before it: % and % make no %',
          coalesce(balance_before, 0), new.amount, new.balance_after using errcode = 'check_violation';
      end if;
      return new;
    end $$`.execute(db);
}
