import type { Kysely, Transaction } from 'kysely';
import { lookTogether, type SeenBy } from '../../database/connection/pipelining.ts';
import { execute, type Look, oneRow, type Statement } from '../../database/connection/statement.ts';
import {
  type CreditAccountRow,
  changeCreditAccountStatement,
  changeHeldStatement,
  findCreditAccount,
  findCreditAccounts,
  insertCreditAccount,
  insertCreditEntry,
  lockCreditAccount,
  lockUsedCreditAccountStatement,
  setToppedUp,
} from '../../database/credits.ts';
import type { CreditEntryKind, Database } from '../../database/database.ts';
import type { Tier } from '../catalogue/catalogue.ts';

export {
  type CreditEntryRow,
  countCreditEntries,
  findCreditEntries,
  findCreditEntriesById,
} from '../../database/credits.ts';
export { findReceipts, type ReceiptRow } from '../../database/receipts.ts';

/** All amounts are whole credits. 0 <= held <= balance; the entries of the account add up to the balance. */
export interface CreditAccount {
  userId: string;
  balance: number;
  /** For responses that still run. */
  held: number;
  /** The first moment of the next month, UTC. */
  renewsAt: Date;
}

/** The account as it stands, after the month's top-up where this is its first use in the month. */
export async function findAccount(db: Kysely<Database>, userId: string, tier: Tier): Promise<CreditAccount> {
  const account = await findCreditAccount(db, userId);
  if (account && !isTopUpDue(account)) return toAccount(account);
  return db.transaction().execute((trx) => lockAccount(trx, userId, tier));
}

/** The same for many: one statement, and a top-up each for those whose month is new. */
export async function findAccounts(
  db: Kysely<Database>,
  members: readonly { id: string; tier: Tier }[],
): Promise<CreditAccount[]> {
  const ids = members.map(({ id }) => id);
  const rows = new Map((await findCreditAccounts(db, ids)).map((row) => [row.user_id, row]));
  const accounts: CreditAccount[] = [];
  for (const { id, tier } of members) {
    const row = rows.get(id);
    accounts.push(row && !isTopUpDue(row) ? toAccount(row) : await findAccount(db, id, tier));
  }
  return accounts;
}

/** An empty one, where there is none: its first use tops it up. */
export async function makeAccount(db: Kysely<Database>, userId: string): Promise<void> {
  await insertCreditAccount(db, userId);
}

/**
 * Locks the account until the transaction ends, and tops it up where this is its first use in the month.
 * Whoever locks more than one row locks the account first, so that nobody waits for each other.
 */
export async function lockAccount(trx: Transaction<Database>, userId: string, tier: Tier): Promise<CreditAccount> {
  return toppedUp(trx, await lockCreditAccount(trx, userId), tier);
}

/**
 * The same, and what the looks see under that lock. Their statements are sent at once: a connection's statements are
 * carried out one after the other, so that nothing is looked at before the lock is there.
 *
 * @returns null: the account was never used, so that nothing could be locked; `makeAccount` makes it
 */
export async function lockAccountAndLook<Looks extends Record<string, Look<never, unknown> | undefined>>(
  trx: Transaction<Database>,
  userId: string,
  tier: Tier,
  looks: Looks,
): Promise<{ account: CreditAccount; seen: SeenBy<Looks> } | null> {
  const { locked, ...seen } = await lookTogether(trx, {
    locked: oneRow(lockUsedCreditAccountStatement({ userId })),
    ...looks,
  });
  const account = locked as CreditAccountRow | null;
  return account && { account: await toppedUp(trx, account, tier), seen: seen as unknown as SeenBy<Looks> };
}

async function toppedUp(trx: Transaction<Database>, account: CreditAccountRow, tier: Tier): Promise<CreditAccount> {
  if (!isTopUpDue(account)) return toAccount(account);
  return topUp(trx, account, tier, 'Monthly credits');
}

/** A dearer plan's credits are there at once; a cheaper one takes nothing away. */
export async function topUpForTier(trx: Transaction<Database>, userId: string, tier: Tier): Promise<CreditAccount> {
  const account = await lockCreditAccount(trx, userId);
  const isNewMonth = isTopUpDue(account);
  if (!isNewMonth && tier.monthlyCredits <= account.topped_up_to) return toAccount(account);
  return topUp(trx, account, tier, isNewMonth ? 'Monthly credits' : `Change to ${tier.name}`);
}

/**
 * Whether this is the account's first use in the month. A transaction that began in the old month and had to wait for
 * one of the new month still takes it for the old one: it must not top up again, nor turn the month back.
 */
function isTopUpDue({ topped_up_month, current_month }: CreditAccountRow): boolean {
  return topped_up_month === null || topped_up_month < current_month;
}

async function topUp(
  trx: Transaction<Database>,
  account: CreditAccountRow,
  tier: Tier,
  note: string,
): Promise<CreditAccount> {
  await setToppedUp(trx, account.user_id, { month: account.current_month, to: tier.monthlyCredits });
  const amount = tier.monthlyCredits - account.balance;
  if (amount <= 0) return toAccount(account);
  const changed = await enter(trx, account.user_id, { kind: 'GRANT', amount, note });
  return toAccount({ ...account, ...changed });
}

/** Reserves credits for what is about to be sent. The account is locked and known to have them. */
export function holdCreditsStatement(userId: string, amount: number): Statement<never> {
  return changeHeldStatement({ userId, held: amount });
}

/** Resolves a hold: gives it back and charges at most as much. */
export async function settleHold(
  trx: Transaction<Database>,
  userId: string,
  { held, charged, responseId }: { held: number; charged: number; responseId: string },
): Promise<void> {
  if (charged > held) throw new RangeError(`A charge of ${charged} exceeds its hold of ${held}.`);
  if (charged === 0) await execute(trx, changeHeldStatement({ userId, held: -held }));
  else await enter(trx, userId, { kind: 'CHARGE', amount: -charged, responseId, held: -held });
}

/** By an admin or the operator. The caller has locked the account and made sure that it stays covered. */
export async function adjustBalance(
  trx: Transaction<Database>,
  userId: string,
  adjustment: { amount: number; note: string },
): Promise<void> {
  await enter(trx, userId, { kind: 'ADJUSTMENT', ...adjustment });
}

interface Entry {
  kind: CreditEntryKind;
  amount: number;
  note?: string;
  responseId?: string;
  /** Change of what is held, in the same moment. */
  held?: number;
}

/** The account and its ledger change together, here and nowhere else. */
async function enter(trx: Transaction<Database>, userId: string, { kind, amount, note, responseId, held = 0 }: Entry) {
  const charged = kind === 'CHARGE' ? -amount : 0;
  const [changed] = await execute(trx, changeCreditAccountStatement({ userId, balance: amount, held, charged }));
  if (!changed) throw new Error(`The credit account of ${userId} has gone.`);
  await insertCreditEntry(trx, {
    user_id: userId,
    kind,
    amount,
    balance_after: changed.balance,
    response_id: responseId ?? null,
    note: note ?? null,
  });
  return changed;
}

function toAccount({ user_id, balance, held, current_month }: CreditAccountRow): CreditAccount {
  const renewsAt = new Date(`${current_month}T00:00:00Z`);
  renewsAt.setUTCMonth(renewsAt.getUTCMonth() + 1);
  return { userId: user_id, balance, held, renewsAt };
}
