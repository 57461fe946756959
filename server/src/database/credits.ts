import { type Insertable, type Kysely, type Selectable, sql } from 'kysely';
import { prepare } from './connection/prepared.ts';
import { execute } from './connection/statement.ts';
import type { Database } from './database.ts';

export interface CreditAccountRow {
  user_id: string;
  balance: number;
  held: number;
  /** First day of the month of the last top-up; null before the first. */
  topped_up_month: string | null;
  topped_up_to: number;
  /** First day of the current month, by the database's clock, UTC. */
  current_month: string;
}

export type CreditEntryRow = Selectable<Database['credit_entry']>;

const day = (expression: ReturnType<typeof sql>) => sql<string>`to_char(${expression}, 'YYYY-MM-DD')`;
const currentMonth = sql`date_trunc('month', now() at time zone 'UTC')`;

function selectAccounts(db: Kysely<Database>) {
  return db
    .selectFrom('credit_account')
    .select(['user_id', 'balance', 'held', 'topped_up_to'])
    .select(day(sql`topped_up_month`).as('topped_up_month'))
    .select(day(currentMonth).as('current_month'));
}

export async function findCreditAccount(db: Kysely<Database>, userId: string): Promise<CreditAccountRow | undefined> {
  return selectAccounts(db).where('user_id', '=', userId).executeTakeFirst();
}

export async function findCreditAccounts(
  db: Kysely<Database>,
  userIds: readonly string[],
): Promise<CreditAccountRow[]> {
  return selectAccounts(db).where('user_id', 'in', userIds).execute();
}

/** Empty; does nothing where there is one. */
export async function insertCreditAccount(db: Kysely<Database>, userId: string): Promise<void> {
  await db
    .insertInto('credit_account')
    .values({ user_id: userId })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** No row, and nothing is locked: it has not been used yet. */
export const lockUsedCreditAccountStatement = prepare((db, { userId }: { userId: string }) =>
  selectAccounts(db).where('user_id', '=', userId).forUpdate(),
);

/** Makes the row if it is missing. Every change of money begins here: the account is locked before any other row. */
export async function lockCreditAccount(trx: Kysely<Database>, userId: string): Promise<CreditAccountRow> {
  const lock = async () => (await execute(trx, lockUsedCreditAccountStatement({ userId })))[0];
  const account = await lock();
  if (account) return account;
  await insertCreditAccount(trx, userId);
  return (await lock()) as CreditAccountRow;
}

/**
 * Adds to balance and held (negative: takes away), and to what was charged in the month. The database refuses what would
 * leave the bounds. A transaction that began in the old month and had to wait for one of the new month still takes it for
 * the old one: it counts in the new month, and does not turn the month back.
 */
export const changeCreditAccountStatement = prepare(
  (db, { userId, balance, held, charged }: { userId: string; balance: number; held: number; charged: number }) =>
    db
      .updateTable('credit_account')
      .set({
        balance: sql`balance + ${balance}`,
        held: sql`held + ${held}`,
        charged: sql`case when charged_month >= ${currentMonth} then charged else 0 end + ${charged}`,
        charged_month: sql`greatest(charged_month, ${currentMonth}::date)`,
      })
      .where('user_id', '=', userId)
      .returning(['balance', 'held']),
);

/** The same for held alone: the ledger need not be compared with a balance that is not written. */
export const changeHeldStatement = prepare((db, { userId, held }: { userId: string; held: number }) =>
  db
    .updateTable('credit_account')
    .set({ held: sql`held + ${held}` })
    .where('user_id', '=', userId),
);

export async function setToppedUp(
  trx: Kysely<Database>,
  userId: string,
  { month, to }: { month: string; to: number },
): Promise<void> {
  await trx
    .updateTable('credit_account')
    .set({ topped_up_month: month, topped_up_to: to })
    .where('user_id', '=', userId)
    .execute();
}

export async function insertCreditEntry(
  trx: Kysely<Database>,
  entry: Insertable<Database['credit_entry']>,
): Promise<void> {
  await trx.insertInto('credit_entry').values(entry).execute();
}

/** Newest first. */
export async function findCreditEntries(
  db: Kysely<Database>,
  userId: string,
  page: { before?: number | null; limit: number },
): Promise<CreditEntryRow[]> {
  return db
    .selectFrom('credit_entry')
    .selectAll()
    .where('user_id', '=', userId)
    .$if(page.before != null, (select) => select.where('id', '<', page.before as number))
    .orderBy('id', 'desc')
    .limit(page.limit)
    .execute();
}

export async function findCreditEntriesById(
  db: Kysely<Database>,
  userId: string,
  ids: readonly number[],
): Promise<CreditEntryRow[]> {
  return db.selectFrom('credit_entry').selectAll().where('user_id', '=', userId).where('id', 'in', ids).execute();
}

export async function countCreditEntries(db: Kysely<Database>, userId: string): Promise<number> {
  const { count } = await db
    .selectFrom('credit_entry')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('user_id', '=', userId)
    .executeTakeFirstOrThrow();
  return count;
}

/** Under a lock that all prompts of all replicas wait for until its transaction ends: the last one before a commit. */
export const requireMonthlyCreditsStatement = prepare((_db, { most }: { most: number }) =>
  sql`select require_monthly_credits(${most})`.$castTo<{ require_monthly_credits: '' }>(),
);

/** What all accounts together were charged this month, and hold now. */
export async function findMonthlyCredits(db: Kysely<Database>): Promise<number> {
  const { rows } = await sql<{ spent: number }>`select monthly_credits() as spent`.execute(db);
  return rows[0]?.spent ?? 0;
}

/** What all accounts together have spent and hold, where `requireMonthlyCreditsStatement` refused; null: another error. */
export function readMonthlyRefusal(error: unknown): number | null {
  const { code, detail } = (error ?? {}) as { code?: unknown; detail?: unknown };
  return code === 'PL003' ? Number(detail) : null;
}
