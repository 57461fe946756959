import type { Kysely, Transaction } from 'kysely';
import { lookTogether } from '../../database/connection/pipelining.ts';
import { execute, type Look, oneRow } from '../../database/connection/statement.ts';
import type { ConversationRow } from '../../database/conversations.ts';
import type { Database } from '../../database/database.ts';
import { findPayingTeamStatement, type PayingTeamRow } from '../../database/teams.ts';
import { ForbiddenError, InvalidInputError, NotFoundError, TeamMemberLimitError } from '../ground/errors.ts';
import { parseGlobalId } from '../ground/global-ids.ts';
import { type CreditAccount, lockAccount, type PayingTeam } from '../money/credits.ts';
import type { Asking } from './members.ts';

/*
 * A member may let a team pay while they are in it, as far as the team allows: its models, and what a member may spend of
 * its credits in a month (UTC). That limit counts as an API key's does: what was charged this month, and what is held now.
 */

export type { PayingTeamRow } from '../../database/teams.ts';
export type { PayingTeam } from '../money/credits.ts';

/** Who is asked to pay: a team, or the member. */
export type PayerChoice = PayingTeam | 'member';

/** The payer's id as clients send it: a team's, or the viewer's own. @throws NotFoundError */
export function payerOfId(globalId: string, { id }: Pick<Asking, 'id'>): PayerChoice {
  const named = parseGlobalId(globalId);
  if (named?.typename === 'Team') return { teamId: named.id };
  if ((named?.typename === 'Viewer' || named?.typename === 'User') && named.id === id) return 'member';
  throw new NotFoundError('payer');
}

/**
 * Who pays for a request: whom it names, or whom its API key is bound to. Null: nobody is named, so that a conversation
 * decides.
 *
 * @throws ForbiddenError if the key is bound to another payer
 */
export function chosenPayer({ apiKey, payer }: Asking, named?: PayerChoice | null): PayerChoice | null {
  const chosen = named ?? payer ?? null;
  const bound = apiKey?.payer ?? null;
  if (!bound) return chosen;
  if (chosen !== null && teamOf(chosen)?.teamId !== bound.teamId) throw boundKeyError();
  return bound;
}

/** Requires that an API key that is bound to a team spends from no other account. @throws ForbiddenError */
export function requireKeysPayer({ apiKey }: Asking, { teamId }: Pick<CreditAccount, 'teamId'>): void {
  if (apiKey?.payer && apiKey.payer.teamId !== teamId) throw boundKeyError();
}

function boundKeyError(): ForbiddenError {
  return new ForbiddenError('This API key may spend only the credits of the team that it is bound to.');
}

export function teamOf(choice: PayerChoice | null): PayingTeam | null {
  return choice === null || choice === 'member' ? null : choice;
}

/**
 * The look that `requireTeam` and `requireMemberRest` need, to be taken under the lock of the team's account: all
 * prompts that it pays for wait there for each other.
 */
export function payingTeamLook({ teamId }: PayingTeam, userId: string): Look<PayingTeamRow, PayingTeamRow | null> {
  return oneRow(findPayingTeamStatement({ teamId, userId }));
}

export async function findPayingTeam(
  db: Kysely<Database>,
  { teamId }: PayingTeam,
  userId: string,
): Promise<PayingTeamRow | null> {
  return (await execute(db, findPayingTeamStatement({ teamId, userId })))[0] ?? null;
}

/**
 * Requires that the member may let the team pay.
 *
 * @throws NotFoundError if there is no such team, or the member is not in it; InvalidInputError if it is archived
 */
export function requireTeam(seen: PayingTeamRow | null | undefined): PayingTeamRow {
  if (!seen?.isMember) throw new NotFoundError('team');
  if (seen.archived) {
    throw new InvalidInputError('payerId', `The team ${seen.name} is archived and pays for nothing more.`);
  }
  return seen;
}

/**
 * The team that pays where no conversation decides: the one that the request or its API key names. Null: the member pays.
 *
 * @throws DomainError, as `requireTeam` and `chosenPayer` do
 */
export async function findChosenTeam(db: Kysely<Database>, asking: Asking): Promise<PayingTeamRow | null> {
  const team = teamOf(chosenPayer(asking));
  return team && requireTeam(await findPayingTeam(db, team, asking.id));
}

/** What a member may still let a team pay this month, in credits, of the limit for each member. */
export interface MemberRest {
  team: string;
  limit: number;
  rest: number;
  /** What they could spend if nothing was held for them. */
  uncharged: number;
}

/** Null: the team has no limit for its members. */
export function memberRestOf({ name, memberMonthlyCredits: limit, spent, charged }: PayingTeamRow): MemberRest | null {
  if (limit === null) return null;
  return { team: name, limit, rest: Math.max(0, limit - spent), uncharged: Math.max(0, limit - charged) };
}

/** The rest as the member is shown it: hidden turns count as held. Undefined: no limit. */
export function shownRestOf({ memberMonthlyCredits: limit, shownSpent }: PayingTeamRow): number | undefined {
  return limit === null ? undefined : Math.max(0, limit - shownSpent);
}

/** What costs nothing is always allowed. @throws TeamMemberLimitError */
export function requireMemberRest(member: MemberRest | null, required: number): void {
  if (member && required > member.rest) {
    throw new TeamMemberLimitError(member.team, member.limit, required, member.rest);
  }
}

/** `requireTeam` for the team that paid in the conversation before. @throws InvalidInputError */
export function requireKeptTeam(seen: PayingTeamRow | null): PayingTeamRow {
  return requireStill(seen, 'The team that paid in this conversation does not pay for you any more. Choose who pays.');
}

/** `requireTeam` for the team that paid for an answer. @throws InvalidInputError */
export function requireTeamOfAnswer(seen: PayingTeamRow | null | undefined): PayingTeamRow {
  return requireStill(
    seen,
    'The team that paid for this answer does not pay for you any more. Send the prompt again, and choose who pays.',
  );
}

function requireStill(seen: PayingTeamRow | null | undefined, otherwise: string): PayingTeamRow {
  if (!seen?.isMember) throw new InvalidInputError('payerId', otherwise);
  return requireTeam(seen);
}

/** An account that pays, locked, and its team. */
export interface LockedPayer {
  account: CreditAccount;
  /** Null: the member pays. */
  team: PayingTeamRow | null;
}

/**
 * Locks the account of the team that pays in the conversation, for a prompt that names no payer. The conversation is
 * locked before it, which harms nobody: whoever locks this conversation has locked its member's account.
 */
export async function lockKeptPayer(
  trx: Transaction<Database>,
  { payer_team_id: teamId, user_id: userId }: Pick<ConversationRow, 'payer_team_id' | 'user_id'>,
): Promise<LockedPayer | null> {
  if (teamId === null) return null;
  const account = await lockAccount(trx, { teamId });
  const { team } = await lookTogether(trx, { team: payingTeamLook({ teamId }, userId) });
  return { account, team: requireKeptTeam(team) };
}
