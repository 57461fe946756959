import { type Insertable, type Kysely, type RawBuilder, type Selectable, sql } from 'kysely';
import { prepare } from './connection/prepared.ts';
import { execute } from './connection/statement.ts';
import type { Database } from './database.ts';
import {
  type HiddenCredits,
  hiddenChargesUpTo,
  hiddenCredits,
  hiddenResponsesOfAccount,
  hiddenResponsesOfUser,
} from './judging/hidden-turns.ts';

/** The member, the team or the house: whoever owns a credit account. */
export type CreditAccountOwner = { userId: string } | { teamId: string } | { house: true };

export interface CreditAccountRow {
  id: string;
  /** The member who owns it; null: a team or the house does. */
  user_id: string | null;
  /** The team that owns it; null: a member or the house does. */
  team_id: string | null;
  balance: number;
  held: number;
  /** First day of the month of the last top-up; null before the first. */
  topped_up_month: string | null;
  topped_up_to: number;
  /** First day of the current month, by the database's clock, UTC. */
  current_month: string;
  /** What hidden turns did to it; null: nothing. Absent: not read, as under a lock. */
  hidden?: HiddenCredits | null;
}

export interface TeamAccountRow extends CreditAccountRow {
  /** The balance that the team's account is topped up to each month. */
  monthly_credits: number;
}

export type CreditEntryRow = Selectable<Database['credit_entry']>;

const day = (expression: ReturnType<typeof sql>) => sql<string>`to_char(${expression}, 'YYYY-MM-DD')`;
/** The first moment of the month, UTC, in which the transaction began. */
export const currentMonth = sql`date_trunc('month', now() at time zone 'UTC')`;

function selectAccounts(db: Kysely<Database>) {
  return db
    .selectFrom('credit_account')
    .select(['id', 'user_id', 'team_id', 'balance', 'held', 'topped_up_to'])
    .select(day(sql`topped_up_month`).as('topped_up_month'))
    .select(day(currentMonth).as('current_month'));
}

function selectTeamAccounts(db: Kysely<Database>) {
  const monthlyCredits = sql<number>`(select monthly_credits from team where team.id = credit_account.team_id)`;
  return selectAccounts(db).select(monthlyCredits.as('monthly_credits')).where('team_id', 'is not', null);
}

/** The credit accounts that these members have. */
export async function findMemberAccounts(
  db: Kysely<Database>,
  userIds: readonly string[],
): Promise<CreditAccountRow[]> {
  return selectAccounts(db).select(hiddenCredits.as('hidden')).where('user_id', 'in', userIds).execute();
}

/** The credit accounts that these teams have. */
export async function findTeamAccounts(db: Kysely<Database>, teamIds: readonly string[]): Promise<TeamAccountRow[]> {
  return selectTeamAccounts(db).select(hiddenCredits.as('hidden')).where('team_id', 'in', teamIds).execute();
}

/** Makes an empty credit account; does nothing where the owner has one. */
export async function insertCreditAccount(db: Kysely<Database>, owner: CreditAccountOwner): Promise<void> {
  await db
    .insertInto('credit_account')
    .values(
      'userId' in owner ? { user_id: owner.userId } : 'teamId' in owner ? { team_id: owner.teamId } : { house: true },
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Locks the member's credit account; without one yet it returns no row and locks nothing. */
export const lockMemberAccountStatement = prepare((db, { userId }: { userId: string }) =>
  selectAccounts(db).where('user_id', '=', userId).forUpdate(),
);

/** Locks the team's credit account; without one yet it returns no row and locks nothing. */
export const lockTeamAccountStatement = prepare((db, { teamId }: { teamId: string }) =>
  selectTeamAccounts(db).where('team_id', '=', teamId).forUpdate(),
);

/**
 * Locks the member's credit account, and makes it if it is missing. Every change of a member's money or prompts begins
 * here: the account is locked before any other row.
 */
export async function lockMemberAccount(trx: Kysely<Database>, userId: string): Promise<CreditAccountRow> {
  const lock = async () => (await execute(trx, lockMemberAccountStatement({ userId })))[0];
  const account = await lock();
  if (account) return account;
  await insertCreditAccount(trx, { userId });
  return (await lock()) as CreditAccountRow;
}

/** Locks the team's credit account, and makes it if it is missing. */
export async function lockTeamAccount(trx: Kysely<Database>, teamId: string): Promise<TeamAccountRow> {
  const lock = async () => (await execute(trx, lockTeamAccountStatement({ teamId })))[0];
  const account = await lock();
  if (account) return account;
  await insertCreditAccount(trx, { teamId });
  return (await lock()) as TeamAccountRow;
}

/** Locks the house's credit account, and makes it if it is missing. */
export async function lockHouseAccount(trx: Kysely<Database>): Promise<CreditAccountRow> {
  const lock = () => selectAccounts(trx).where('house', '=', true).forUpdate().executeTakeFirst();
  const account = await lock();
  if (account) return account;
  await insertCreditAccount(trx, { house: true });
  return (await lock()) as CreditAccountRow;
}

/** Locks a credit account that is there, whoever owns it. @returns the team that owns it; null: a member does */
export async function lockCreditAccount(trx: Kysely<Database>, id: string): Promise<string | null> {
  const account = trx.selectFrom('credit_account').select('team_id').where('id', '=', id).forUpdate();
  return (await account.executeTakeFirstOrThrow()).team_id;
}

/** The team that owns the account; null: a member does. */
export async function findTeamOfAccount(db: Kysely<Database>, id: string): Promise<string | null> {
  const account = await db.selectFrom('credit_account').select('team_id').where('id', '=', id).executeTakeFirst();
  return account?.team_id ?? null;
}

export async function lockTeamAccountById(trx: Kysely<Database>, id: string): Promise<TeamAccountRow> {
  return selectTeamAccounts(trx).where('id', '=', id).forUpdate().executeTakeFirstOrThrow();
}

/**
 * Adds to `balance`, `held` and the month's `charged` (a negative number takes away). The database refuses a change
 * that would leave the bounds. A transaction that began in the old month may have had to wait for one of the new month:
 * its charge counts in the new month, and the month is not turned back.
 */
export const changeCreditAccountStatement = prepare(
  (db, { id, balance, held, charged }: { id: string; balance: number; held: number; charged: number }) =>
    db
      .updateTable('credit_account')
      .set({
        balance: sql`balance + ${balance}`,
        held: sql`held + ${held}`,
        charged: sql`case when charged_month >= ${currentMonth} then charged else 0 end + ${charged}`,
        charged_month: sql`greatest(charged_month, ${currentMonth}::date)`,
      })
      .where('id', '=', id)
      .returning(['balance', 'held', 'charged', 'topped_up_to', 'team_id']),
);

/** Changes `held` alone: the balance is not written, so that the database need not compare it with the ledger. */
export const changeHeldStatement = prepare((db, { id, held }: { id: string; held: number }) =>
  db
    .updateTable('credit_account')
    .set({ held: sql`held + ${held}` })
    .where('id', '=', id),
);

export async function setToppedUp(
  trx: Kysely<Database>,
  id: string,
  { month, to }: { month: string; to: number },
): Promise<void> {
  await trx
    .updateTable('credit_account')
    .set({ topped_up_month: month, topped_up_to: to })
    .where('id', '=', id)
    .execute();
}

export async function insertCreditEntry(
  trx: Kysely<Database>,
  entry: Insertable<Database['credit_entry']>,
): Promise<void> {
  await trx.insertInto('credit_entry').values(entry).execute();
}

/**
 * The entries of credit accounts as they are shown: without the charges of hidden turns, and with balances and top-ups as
 * if there were none.
 *
 * @param hidden the ids of the hidden turns' responses
 */
export function selectShownEntries(db: Kysely<Database>, hidden: RawBuilder<string>) {
  const account = sql<string>`credit_entry.credit_account_id`;
  const upTo = hiddenChargesUpTo(account, { hidden, most: sql`credit_entry.id` });
  const before = hiddenChargesUpTo(account, { hidden, most: sql`credit_entry.id - 1` });
  return db
    .selectFrom('credit_entry')
    .select(['id', 'credit_account_id', 'kind', 'response_id', 'note', 'created_at'])
    .select(sql<number>`case when kind = 'GRANT' then amount + ${upTo} - ${before} else amount end`.as('amount'))
    .select(sql<number>`balance_after + ${upTo}`.as('balance_after'))
    .where(sql<boolean>`(response_id is null or response_id not in ${hidden})`);
}

/** The shown entries of a credit account, newest first. */
export async function findCreditEntries(
  db: Kysely<Database>,
  accountId: string,
  page: { before?: number | null; limit: number },
): Promise<CreditEntryRow[]> {
  return selectShownEntries(db, hiddenResponsesOfAccount(accountId))
    .where('credit_account_id', '=', accountId)
    .$if(page.before != null, (select) => select.where('id', '<', page.before as number))
    .orderBy('id', 'desc')
    .limit(page.limit)
    .execute();
}

/** Finds these shown entries as far as they are in the member's own credit account. */
export async function findCreditEntriesById(
  db: Kysely<Database>,
  userId: string,
  ids: readonly number[],
): Promise<CreditEntryRow[]> {
  const own = db.selectFrom('credit_account').select('id').where('user_id', '=', userId);
  return selectShownEntries(db, hiddenResponsesOfUser(userId))
    .where('credit_account_id', 'in', own)
    .where('id', 'in', ids)
    .execute();
}

/** Counts the shown entries. */
export async function countCreditEntries(db: Kysely<Database>, accountId: string): Promise<number> {
  const { count } = await db
    .selectFrom('credit_entry')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('credit_account_id', '=', accountId)
    .where(sql<boolean>`(response_id is null or response_id not in ${hiddenResponsesOfAccount(accountId)})`)
    .executeTakeFirstOrThrow();
  return count;
}

/**
 * Refuses if all accounts together have spent and hold more than `most` (see `readMonthlyRefusal`). It takes a lock
 * that the prompts of all replicas wait for until the transaction ends, so it must be the last statement before the
 * commit.
 */
export const requireMonthlyCreditsStatement = prepare((_db, { most }: { most: number }) =>
  sql`select require_monthly_credits(${most})`.$castTo<{ require_monthly_credits: '' }>(),
);

/** The credits that all accounts together were charged this month and hold now. */
export async function findMonthlyCredits(db: Kysely<Database>): Promise<number> {
  const { rows } = await sql<{ spent: number }>`select monthly_credits() as spent`.execute(db);
  return rows[0]?.spent ?? 0;
}

/**
 * The credits that all accounts together have spent and hold, read from a refusal of `requireMonthlyCreditsStatement`;
 * null for another error.
 */
export function readMonthlyRefusal(error: unknown): number | null {
  const { code, detail } = (error ?? {}) as { code?: unknown; detail?: unknown };
  return code === 'PL003' ? Number(detail) : null;
}
