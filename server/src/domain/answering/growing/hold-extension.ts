import type { Kysely, Transaction } from 'kysely';
import { lookTogether, sendTogether } from '../../../database/connection/pipelining.ts';
import { execute, oneRow } from '../../../database/connection/statement.ts';
import { changeHeldStatement, lockMemberAccountStatement, readMonthlyRefusal } from '../../../database/credits.ts';
import type { Database } from '../../../database/database.ts';
import {
  areOthersWriting,
  findHoldStatement,
  growHoldStatement,
  type HoldRow,
  type LockedAccountRow,
  lockPayingAccountStatement,
  type WritingScope,
} from '../../../database/money/growing-holds.ts';
import { findKeySpendingStatement, type KeySpendingRow } from '../../../database/programs/key-spending.ts';
import { findPayingTeamStatement } from '../../../database/teams.ts';
import { type Growth, grown } from '../../money/hold-growth.ts';
import { type MonthlyLimit, requireMonthlyLimitStatement } from '../../money/monthly-limit.ts';
import type { GenerationJob } from '../generation-job.ts';

export interface Extension {
  /**
   * `covered`: the hold covers what is needed. `waits`: it does not yet, but others that are being written will give
   * something back. `nothing`: it does not, and nobody else will. `lost`: another process has the response.
   */
  state: 'covered' | 'waits' | 'nothing' | 'lost';
  /** Credits held now. */
  held: number;
  /** Whose answers share what is short; null: it is not known. */
  scope: WritingScope | null;
}

export interface ExtensionOptions {
  db: Kysely<Database>;
  /** The process that must hold the response's lease. */
  owner: string;
  monthlyLimit: MonthlyLimit;
}

export type HoldingJob = Pick<GenerationJob, 'identity' | 'creditAccountId' | 'apiKeyId'>;

/**
 * Extends a hold in one short transaction, as far as the account, the API key and the monthly limit allow. It reads what
 * is held from the response's row, so that it may be repeated if its outcome is not known.
 */
export async function extendHold(
  options: ExtensionOptions,
  job: HoldingJob,
  growth: Omit<Growth, 'held'>,
): Promise<Extension> {
  const { db, monthlyLimit } = options;
  let houseRest = Number.POSITIVE_INFINITY;
  for (;;) {
    let asked = 0;
    try {
      return await db
        .transaction()
        .execute((trx) => extendWithin(options, trx, job, { ...growth, houseRest, onAsked: (by) => (asked = by) }));
    } catch (error) {
      // The monthly limit is asked last, and its refusal ends the transaction; another one asks for what is left.
      const spent = readMonthlyRefusal(error);
      if (monthlyLimit === null || spent === null) throw error;
      houseRest = Math.max(0, monthlyLimit - (spent - asked));
    }
  }
}

interface WithinHouse extends Omit<Growth, 'held'> {
  houseRest: number;
  /** Tells by how many credits the hold is about to grow. */
  onAsked(by: number): void;
}

async function extendWithin(
  { owner, monthlyLimit }: ExtensionOptions,
  trx: Transaction<Database>,
  { identity: { id, userId }, creditAccountId, apiKeyId }: HoldingJob,
  { houseRest, onAsked, ...growth }: WithinHouse,
): Promise<Extension> {
  const seen = await lookTogether(trx, {
    // All that a key asks waits for its member's account.
    own: apiKeyId === null ? undefined : oneRow(lockMemberAccountStatement({ userId })),
    account: oneRow(lockPayingAccountStatement({ id: creditAccountId })),
    hold: oneRow(findHoldStatement({ id, owner })),
    key: apiKeyId === null ? undefined : oneRow(findKeySpendingStatement({ id: apiKeyId })),
  });
  const hold = seen.hold as HoldRow | null;
  if (!hold) return { state: 'lost', held: 0, scope: null };
  const { credits_held: before, waits_for_credits: waitedBefore } = hold;
  const { balance, held: heldOfAccount, team_id: teamId } = seen.account as LockedAccountRow;
  const rests = [
    { rest: balance - heldOfAccount, scope: { ...everybody, creditAccountId } },
    { rest: keyRest(seen.key as KeySpendingRow | null | undefined), scope: { ...everybody, apiKeyId } },
    {
      rest: teamId === null ? Number.POSITIVE_INFINITY : await findMemberRest(trx, { teamId, userId }),
      scope: { ...everybody, creditAccountId, userId },
    },
    { rest: houseRest, scope: everybody },
  ];
  // Only answers that share what is short can give something of it back.
  const { rest: available, scope } = rests.reduce((least, one) => (one.rest < least.rest ? one : least));
  const held = grown({ ...growth, held: before }, available);
  const isCovered = held >= Math.min(growth.needed, growth.maximum);
  const waits = !isCovered && seen.key !== null && (await areOthersWriting(trx, id, scope));
  const by = held - before;
  if (by > 0 || waits !== waitedBefore) {
    onAsked(by);
    const { grown: row } = await sendTogether(trx, {
      account: by > 0 ? changeHeldStatement({ id: creditAccountId, held: by }) : undefined,
      grown: growHoldStatement({ id, owner, by, waits }),
      affordable: requireMonthlyLimitStatement(monthlyLimit, by),
    });
    // The account's change must not stand without the response's.
    if (row.length === 0) throw new LeaseLostError();
  }
  return { state: isCovered ? 'covered' : waits ? 'waits' : 'nothing', held, scope };
}

/** What the member may still spend of the team's credits. All prompts that the team pays for wait for its account. */
async function findMemberRest(trx: Transaction<Database>, member: { teamId: string; userId: string }): Promise<number> {
  const [team] = await execute(trx, findPayingTeamStatement(member));
  const limit = team?.memberMonthlyCredits ?? null;
  return limit === null ? Number.POSITIVE_INFINITY : Math.max(0, limit - (team?.spent ?? 0));
}

const everybody: WritingScope = { creditAccountId: null, apiKeyId: null, userId: null };

/** @param key undefined: no key asks; null: it was revoked meanwhile, so that nothing more is spent for it */
function keyRest(key: KeySpendingRow | null | undefined): number {
  if (key === null) return 0;
  return key?.limit == null ? Number.POSITIVE_INFINITY : Math.max(0, key.limit - key.spent);
}

/** The lease was lost in the middle of the transaction, which is undone. */
export class LeaseLostError extends Error {}
