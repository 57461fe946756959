import { sql, type Transaction } from 'kysely';
import type { Database } from '../database.ts';
import { ownFunctions } from './own-functions.ts';
import { ownTables } from './own-tables.ts';

/** The statements that take away and give back what stands in the way of loading rows in any order. */
interface Step {
  before: string;
  after: string;
}

/**
 * Drops foreign keys and indexes, and disables triggers: rows are loaded as they were, in any order. Returns the
 * function that gives all of it back, and so checks every reference. A role needs no more rights for this than for
 * migrations.
 */
export async function clearTheWay(trx: Transaction<Database>): Promise<() => Promise<void>> {
  const { rows: triggers } = await sql<Step>`
    select format('alter table %s disable trigger user', oid::regclass) as before,
      format('alter table %s enable trigger user', oid::regclass) as after
    from pg_class
    where relnamespace = current_schema()::regnamespace and relname = any(${ownTables})`.execute(trx);
  const { rows: foreignKeys } = await sql<Step>`
    select format('alter table %s drop constraint %I', conrelid::regclass, conname) as before,
      format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(pg_constraint.oid))
        as after
    from pg_constraint join pg_class on pg_class.oid = conrelid
    where contype = 'f' and relnamespace = current_schema()::regnamespace and relname = any(${ownTables})`.execute(trx);
  // Building an index at the end takes a fraction of the time that it takes row by row.
  const { rows: indexes } = await sql<Step>`
    select format('drop index %s', indexrelid::regclass) as before, pg_get_indexdef(indexrelid) as after
    from pg_index join pg_class on pg_class.oid = indrelid
    where relnamespace = current_schema()::regnamespace and relname = any(${ownTables})
      and not exists (select from pg_constraint where conindid = indexrelid)`.execute(trx);
  const steps = [...foreignKeys, ...indexes, ...triggers];
  for (const { before } of steps) await sql.raw(before).execute(trx);
  return async () => {
    for (const { after } of [...indexes, ...foreignKeys, ...triggers]) await sql.raw(after).execute(trx);
  };
}

/** Whether there is an account; false if there are no tables. */
export async function hasAccounts(trx: Transaction<Database>): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`select to_regclass('"user"') is not null as found`.execute(trx);
  if (!rows[0]?.found) return false;
  const accounts = await sql<{ found: boolean }>`select exists (select from "user") as found`.execute(trx);
  return accounts.rows[0]?.found === true;
}

/** Drops all that migrations have made, except for the extensions. */
export async function dropEverything(trx: Transaction<Database>): Promise<void> {
  const tables = sql.join([...ownTables, 'kysely_migration'].map((name) => sql.id(name)));
  await sql`drop table if exists ${tables} cascade`.execute(trx);
  const { rows } = await sql<{ drop: string }>`
    select format('drop function if exists %s cascade', pg_proc.oid::regprocedure) as drop
    from pg_proc join pg_language on pg_language.oid = prolang
    where pronamespace = current_schema()::regnamespace and proname = any(${ownFunctions})
      and lanname in ('sql', 'plpgsql')
      and not exists (select from pg_depend where objid = pg_proc.oid and deptype = 'e')`.execute(trx);
  for (const { drop } of rows) await sql.raw(drop).execute(trx);
}

/** The accounts whose balance is not what their entries add up to. */
export async function countUnreconciledAccounts(trx: Transaction<Database>): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from credit_account
    left join lateral (
      select sum(amount) as sum from credit_entry where credit_account_id = credit_account.id
    ) as entries on true
    left join lateral (
      select balance_after from credit_entry where credit_account_id = credit_account.id order by id desc limit 1
    ) as last on true
    where balance <> coalesce(sum, 0) or balance <> coalesce(balance_after, 0)`.execute(trx);
  return rows[0]?.count ?? 0;
}

/** How many other connections servers have to this database. Behind a pooler nobody can tell. */
export async function countServerConnections(trx: Transaction<Database>): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from pg_stat_activity
    where datname = current_database() and application_name = 'polylogue' and pid <> pg_backend_pid()`.execute(trx);
  return rows[0]?.count ?? 0;
}
