import type { Kysely, Transaction } from 'kysely';
import { lookTogether, type SeenBy } from '../../database/connection/pipelining.ts';
import { execute, type Look, oneRow, type Statement } from '../../database/connection/statement.ts';
import {
  type CreditAccountOwner,
  type CreditAccountRow,
  changeCreditAccountStatement,
  changeHeldStatement,
  findMemberAccounts,
  findTeamAccounts,
  insertCreditAccount,
  insertCreditEntry,
  lockHouseAccount,
  lockMemberAccount,
  lockMemberAccountStatement,
  lockTeamAccount,
  lockTeamAccountById,
  lockTeamAccountStatement,
  setToppedUp,
  type TeamAccountRow,
} from '../../database/credits.ts';
import type { CreditEntryKind, Database } from '../../database/database.ts';
import type { HiddenCredits } from '../../database/judging/hidden-turns.ts';
import { findTeams } from '../../database/teams.ts';
import type { Tier } from '../catalogue/catalogue.ts';
import { NotFoundError } from '../ground/errors.ts';

export {
  type CreditEntryRow,
  countCreditEntries,
  findCreditEntries,
  findCreditEntriesById,
} from '../../database/credits.ts';
export { findReceipts, type ReceiptRow } from '../../database/receipts.ts';

/** All amounts are whole credits. 0 <= held <= balance; the entries of the account add up to the balance. */
export interface CreditAccount {
  id: string;
  /** The team that owns it; null: a member does. */
  teamId: string | null;
  balance: number;
  /** Credits held for responses that still run. */
  held: number;
  /** What hidden turns did to it; null: nothing. Absent: not known, as under a lock. */
  hidden?: HiddenCredits | null;
  /** The first moment of the next month, UTC. */
  renewsAt: Date;
}

/** A member who pays; the monthly top-up brings the account to the credits of the tier. */
export interface PayingMember {
  userId: string;
  tier: Tier;
}

/** A team that pays; the monthly top-up brings the account to the team's monthly credits. */
export interface PayingTeam {
  teamId: string;
}

export type Payer = PayingMember | PayingTeam;

/** The account as it stands, topped up first if this is its first use in the month. Members are shown a `shownAccount`. */
export async function renewAccount(db: Kysely<Database>, payer: Payer): Promise<CreditAccount> {
  const look = () =>
    'userId' in payer ? findMemberAccounts(db, [payer.userId]) : findTeamAccounts(db, [payer.teamId]);
  const [account] = await look();
  if (account && !isTopUpDue(account)) return toAccount(account);
  await requirePayer(db, payer);
  const renewed = await db.transaction().execute((trx) => lockAccount(trx, payer));
  return { ...renewed, hidden: (await look())[0]?.hidden ?? null };
}

/**
 * The account as members are shown it. A hidden turn counts as held, with the same for each of its answers, until its
 * models are revealed: what they were charged, one after the other, would tell them apart. So at least what is shown as
 * available can be spent, and mostly more.
 */
export function shownAccount<Account extends Pick<CreditAccount, 'balance' | 'held' | 'hidden'>>(
  account: Account,
): Account {
  return { ...account, ...shownCredits(account) };
}

/** Balance and held of a `shownAccount`. */
export function shownCredits({ balance, held, hidden }: Pick<CreditAccount, 'balance' | 'held' | 'hidden'>) {
  if (!hidden) return { balance, held };
  const shownBalance = balance + hidden.charged;
  return { balance: shownBalance, held: Math.min(shownBalance, held - hidden.held + hidden.counted) };
}

/** `renewAccount` for many members, as it is shown: one statement for all, and a top-up for each whose month is new. */
export async function renewAccounts(db: Kysely<Database>, members: readonly PayingMember[]): Promise<CreditAccount[]> {
  const ids = members.map(({ userId }) => userId);
  const rows = new Map((await findMemberAccounts(db, ids)).map((row) => [row.user_id, row]));
  const accounts: CreditAccount[] = [];
  for (const member of members) {
    const row = rows.get(member.userId);
    accounts.push(shownAccount(row && !isTopUpDue(row) ? toAccount(row) : await renewAccount(db, member)));
  }
  return accounts;
}

/** `renewAccounts` for teams. */
export async function renewTeamAccounts(db: Kysely<Database>, teamIds: readonly string[]): Promise<CreditAccount[]> {
  const rows = new Map((await findTeamAccounts(db, teamIds)).map((row) => [row.team_id, row]));
  const accounts: CreditAccount[] = [];
  for (const teamId of teamIds) {
    const row = rows.get(teamId);
    accounts.push(shownAccount(row && !isTopUpDue(row) ? toAccount(row) : await renewAccount(db, { teamId })));
  }
  return accounts;
}

/** Makes an empty account if the owner has none; its first use tops it up. */
export async function makeAccount(db: Kysely<Database>, owner: CreditAccountOwner): Promise<void> {
  await requirePayer(db, owner);
  await insertCreditAccount(db, owner);
}

/** Checks that a team exists; a member is known to exist, since the request is theirs. */
async function requirePayer(db: Kysely<Database>, owner: CreditAccountOwner): Promise<void> {
  if ('teamId' in owner && (await findTeams(db, [owner.teamId])).length === 0) throw new NotFoundError('team');
}

/**
 * Locks the account until the transaction ends, and tops it up if this is its first use in the month. A transaction
 * that locks more rows locks the account first, and a member's account before a team's, so that there are no deadlocks.
 */
export async function lockAccount(trx: Transaction<Database>, payer: Payer): Promise<CreditAccount> {
  if ('teamId' in payer) return toppedUpTeam(trx, await lockTeamAccount(trx, payer.teamId));
  return toppedUp(trx, await lockMemberAccount(trx, payer.userId), payer.tier);
}

/** `lockAccount` for a team's account that is known to exist. */
export async function lockTeamAccountOf(trx: Transaction<Database>, accountId: string): Promise<CreditAccount> {
  return toppedUpTeam(trx, await lockTeamAccountById(trx, accountId));
}

/**
 * Locks the member's account, and the team's if a team pays, and takes the looks under that lock. All statements are
 * sent at once: a connection carries them out one after the other, so that the looks come after the locks.
 *
 * @returns the account that pays; null if an account was never used and so could not be locked: `makeAccount` makes it
 */
export async function lockAccountAndLook<Looks extends Record<string, Look<never, unknown> | undefined>>(
  trx: Transaction<Database>,
  member: PayingMember,
  team: PayingTeam | null,
  looks: Looks,
): Promise<{ account: CreditAccount; seen: SeenBy<Looks> } | null> {
  const { ownAccount, teamAccount, ...seen } = await lookTogether(trx, {
    ownAccount: oneRow(lockMemberAccountStatement({ userId: member.userId })),
    teamAccount: team ? oneRow(lockTeamAccountStatement(team)) : undefined,
    ...looks,
  });
  const [own, ofTeam] = [ownAccount as CreditAccountRow | null, teamAccount as TeamAccountRow | null | undefined];
  if (!own || (team && !ofTeam)) return null;
  const account = ofTeam ? await toppedUpTeam(trx, ofTeam) : await toppedUp(trx, own, member.tier);
  return { account, seen: seen as unknown as SeenBy<Looks> };
}

async function toppedUp(
  trx: Transaction<Database>,
  account: CreditAccountRow,
  { monthlyCredits }: Pick<Tier, 'monthlyCredits'>,
): Promise<CreditAccount> {
  if (!isTopUpDue(account)) return toAccount(account);
  return topUp(trx, account, monthlyCredits, 'Monthly credits');
}

function toppedUpTeam(trx: Transaction<Database>, account: TeamAccountRow): Promise<CreditAccount> {
  return toppedUp(trx, account, { monthlyCredits: account.monthly_credits });
}

/** Tops the account up for another plan: a dearer one's credits are there at once, a cheaper one takes nothing away. */
export async function topUpForTier(trx: Transaction<Database>, userId: string, tier: Tier): Promise<CreditAccount> {
  return topUpAnew(trx, await lockMemberAccount(trx, userId), tier.monthlyCredits, `Change to ${tier.name}`);
}

/** Tops a team's account up for other monthly credits, as `topUpForTier` does for another plan. */
export async function topUpForTeam(
  trx: Transaction<Database>,
  teamId: string,
  monthlyCredits: number,
): Promise<CreditAccount> {
  return topUpAnew(trx, await lockTeamAccount(trx, teamId), monthlyCredits, 'Change of the monthly credits');
}

async function topUpAnew(
  trx: Transaction<Database>,
  account: CreditAccountRow,
  to: number,
  note: string,
): Promise<CreditAccount> {
  const isNewMonth = isTopUpDue(account);
  if (!isNewMonth && to <= account.topped_up_to) return toAccount(account);
  return topUp(trx, account, to, isNewMonth ? 'Monthly credits' : note);
}

/**
 * Whether this is the account's first use in the month. A transaction that began in the old month may have had to wait
 * for one of the new month: it must not top up again, nor turn the month back.
 */
function isTopUpDue({ topped_up_month, current_month }: CreditAccountRow): boolean {
  return topped_up_month === null || topped_up_month < current_month;
}

async function topUp(
  trx: Transaction<Database>,
  account: CreditAccountRow,
  to: number,
  note: string,
): Promise<CreditAccount> {
  await setToppedUp(trx, account.id, { month: account.current_month, to });
  const amount = to - account.balance;
  if (amount <= 0) return toAccount(account);
  const changed = await enter(trx, account.id, { kind: 'GRANT', amount, note });
  return toAccount({ ...account, ...changed });
}

/**
 * Locks the house's account, and gives it what it lacks to hold `amount`: it has no monthly credits, and pays whatever the
 * server's monthly limit allows.
 *
 * @returns the account's id
 */
export async function lockCoveredHouse(trx: Transaction<Database>, amount: number): Promise<string> {
  const { id, balance, held } = await lockHouseAccount(trx);
  const lacking = amount - (balance - held);
  if (lacking > 0) await enter(trx, id, { kind: 'GRANT', amount: lacking, note: 'For what the server asks itself' });
  return id;
}

/** Holds credits for responses that are about to start. The account must be locked and known to have them. */
export function holdCreditsStatement(accountId: string, amount: number): Statement<never> {
  return changeHeldStatement({ id: accountId, held: amount });
}

/** What an account was charged this month, of its monthly credits. */
export interface AccountBudget {
  scope: 'MEMBER' | 'TEAM';
  budget: number;
  spent: number;
}

/**
 * Ends a hold: gives the credits back and charges at most as many.
 *
 * @returns the account's budget after the charge; null: nothing was charged
 */
export async function settleHold(
  trx: Transaction<Database>,
  accountId: string,
  { held, charged, responseId, note }: { held: number; charged: number; responseId: string; note?: string },
): Promise<AccountBudget | null> {
  if (charged > held) throw new RangeError(`A charge of ${charged} exceeds its hold of ${held}.`);
  if (charged === 0) {
    await execute(trx, changeHeldStatement({ id: accountId, held: -held }));
    return null;
  }
  const account = await enter(trx, accountId, { kind: 'CHARGE', amount: -charged, responseId, note, held: -held });
  return {
    scope: account.team_id === null ? 'MEMBER' : 'TEAM',
    budget: account.topped_up_to,
    spent: account.charged,
  };
}

/**
 * Changes the balance for an admin or the operator. The caller has locked the account and made sure that it still
 * covers its holds.
 */
export async function adjustBalance(
  trx: Transaction<Database>,
  accountId: string,
  adjustment: { amount: number; note: string },
): Promise<void> {
  await enter(trx, accountId, { kind: 'ADJUSTMENT', ...adjustment });
}

interface Entry {
  kind: CreditEntryKind;
  amount: number;
  note?: string | undefined;
  responseId?: string;
  /** Change of the held credits, at the same moment. */
  held?: number;
}

/** Changes the account and its ledger together; nothing else changes a balance. */
async function enter(
  trx: Transaction<Database>,
  accountId: string,
  { kind, amount, note, responseId, held = 0 }: Entry,
) {
  const charged = kind === 'CHARGE' ? -amount : 0;
  const [changed] = await execute(trx, changeCreditAccountStatement({ id: accountId, balance: amount, held, charged }));
  if (!changed) throw new Error(`The credit account ${accountId} has gone.`);
  await insertCreditEntry(trx, {
    credit_account_id: accountId,
    kind,
    amount,
    balance_after: changed.balance,
    response_id: responseId ?? null,
    note: note ?? null,
  });
  return changed;
}

function toAccount({ id, team_id: teamId, balance, held, hidden, current_month }: CreditAccountRow): CreditAccount {
  const renewsAt = new Date(`${current_month}T00:00:00Z`);
  renewsAt.setUTCMonth(renewsAt.getUTCMonth() + 1);
  return { id, teamId, balance, held, renewsAt, ...(hidden && { hidden }) };
}
