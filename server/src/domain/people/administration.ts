import type { Kysely, Transaction } from 'kysely';
import { v7 as newId } from 'uuid';
import { deleteSessions, insertPasswordHash, setPasswordHash } from '../../database/accounts.ts';
import { countActsOf, insertAuditEntry } from '../../database/audit.ts';
import { setModelEnabled as storeModelEnabled } from '../../database/catalogue/models.ts';
import { lockMemberAccount } from '../../database/credits.ts';
import type { Database } from '../../database/database.ts';
import { deleteApiKeys } from '../../database/programs/api-keys.ts';
import { findLiveResponsesOfUser } from '../../database/responses.ts';
import { findTeams, type TeamRow } from '../../database/teams.ts';
import { insertUser, lockAdmins, lockUser, setUser, type UserRow } from '../../database/users.ts';
import type { Generation } from '../answering/generation.ts';
import { stopEverywhere } from '../answering/stopping.ts';
import { type Catalogue, type Model, tierOf } from '../catalogue/catalogue.ts';
import { findModel } from '../catalogue/model-names.ts';
import { ForbiddenError, InvalidInputError, NotFoundError, RateLimitError } from '../ground/errors.ts';
import { accountTopic, memberTopic, type Notifications } from '../ground/notifications.ts';
import { toStorable } from '../ground/storable-text.ts';
import type { TierId } from '../ground/tiers.ts';
import { adjustBalance, type CreditAccount, lockAccount, topUpForTier } from '../money/credits.ts';
import { isGuest } from './guests.ts';
import type { Member } from './members.ts';

export { type AuditEntryRow, countAuditEntries, findAuditEntries, findAuditPage } from '../../database/audit.ts';

export interface Administration {
  db: Kysely<Database>;
  catalogue: Catalogue;
  generation: Pick<Generation, 'runs' | 'stop'>;
  notifications: Pick<Notifications, 'publish'>;
}

/** The actor of an act: an admin, or the operator at the command line. */
export type Actor = Pick<Member, 'id'> | 'operator';

/**
 * Adds credits to a member's balance, or takes them away. Like every act below, it is written to the audit log in the
 * same transaction.
 */
export async function adjustCredits(
  { db, catalogue, notifications }: Pick<Administration, 'db' | 'catalogue' | 'notifications'>,
  actor: Actor,
  { userId, amount, note }: { userId: string; amount: number; note: string },
): Promise<UserRow> {
  const adjustment = validAdjustment(amount, note);
  const { user, accountId } = await db.transaction().execute(async (trx) => {
    const user = await requireUser(trx, userId);
    const account = await lockAccount(trx, { userId, tier: tierOf(catalogue, user) });
    await audit(trx, actor, 'adjustCredits', user.email, await adjust(trx, account, adjustment));
    return { user, accountId: account.id };
  });
  notifications.publish([accountTopic(accountId)]);
  return user;
}

/** Does to a team's balance what `adjustCredits` does to a member's. */
export async function adjustTeamCredits(
  { db, notifications }: Pick<Administration, 'db' | 'notifications'>,
  actor: Actor,
  { teamId, amount, note }: { teamId: string; amount: number; note: string },
): Promise<TeamRow> {
  const adjustment = validAdjustment(amount, note);
  const { team, accountId } = await db.transaction().execute(async (trx) => {
    const [team] = await findTeams(trx, [teamId]);
    if (!team) throw new NotFoundError('team');
    const account = await lockAccount(trx, { teamId });
    await audit(trx, actor, 'adjustTeamCredits', team.name, await adjust(trx, account, adjustment));
    return { team, accountId: account.id };
  });
  notifications.publish([accountTopic(accountId)]);
  return team;
}

interface Adjustment {
  amount: number;
  note: string;
}

function validAdjustment(amount: number, note: string): Adjustment {
  if (amount === 0) throw new InvalidInputError('amount', 'The amount must not be 0.');
  const storable = toStorable(note.trim());
  if (storable === '' || storable.length > 500) {
    throw new InvalidInputError('note', 'Give a reason of 1 to 500 characters: the ledger keeps it.');
  }
  return { amount, note: storable };
}

/** Adjusts a locked account. @returns the note for the audit log */
async function adjust(trx: Transaction<Database>, account: CreditAccount, { amount, note }: Adjustment) {
  const { id, balance, held } = account;
  if (balance - held + amount < 0) {
    const available = (balance - held).toLocaleString('en');
    throw new InvalidInputError('amount', `Only ${available} credits are available to be taken away.`);
  }
  if (!Number.isSafeInteger(balance + amount))
    throw new InvalidInputError('amount', 'The balance would become too large.');
  await adjustBalance(trx, id, { amount, note });
  return `${amount > 0 ? '+' : ''}${amount}: ${note}`;
}

export async function setTier(
  { db, catalogue, notifications }: Pick<Administration, 'db' | 'catalogue' | 'notifications'>,
  actor: Actor,
  { userId, tier }: { userId: string; tier: TierId },
): Promise<UserRow> {
  const { user, accountId } = await db.transaction().execute(async (trx) => {
    const before = await requireUser(trx, userId);
    if (actor !== 'operator' && actor.id === userId) await requireFewActs(trx, userId, 'setTier');
    return changeTier(trx, catalogue, actor, { before, tier });
  });
  notifications.publish([accountTopic(accountId)]);
  return user;
}

/** Changes the tier of a locked user. */
export async function changeTier(
  trx: Transaction<Database>,
  catalogue: Catalogue,
  actor: Actor,
  { before, tier, note = '' }: { before: UserRow; tier: TierId; note?: string },
): Promise<{ user: UserRow; accountId: string }> {
  const { id: accountId } = await topUpForTier(trx, before.id, tierOf(catalogue, { tier }));
  await audit(trx, actor, 'setTier', before.email, `${before.tier} → ${tier}${note}`);
  return { user: await setUser(trx, before.id, { tier }), accountId };
}

export async function setRole(
  { db, notifications }: Pick<Administration, 'db' | 'notifications'>,
  actor: Actor,
  { userId, role }: { userId: string; role: Member['role'] },
): Promise<UserRow> {
  const user = await db.transaction().execute(async (trx) => {
    if (role !== 'ADMIN') await requireAnotherAdmin(trx, userId);
    return changeRole(trx, actor, { before: await requireUser(trx, userId), role });
  });
  notifications.publish([memberTopic(userId)]);
  return user;
}

/** Changes the role of a locked user, who must not be the last admin. */
export async function changeRole(
  trx: Transaction<Database>,
  actor: Actor,
  { before, role, note = '' }: { before: UserRow; role: Member['role']; note?: string },
): Promise<UserRow> {
  if (role !== 'USER' && isGuest(before)) {
    throw new InvalidInputError('userId', `A guest cannot be an ${role === 'ADMIN' ? 'admin' : 'auditor'}.`);
  }
  await audit(trx, actor, 'setRole', before.email, `${before.role} → ${role}${note}`);
  return setUser(trx, before.id, { role });
}

/**
 * Suspends or reinstates a user. Suspension ends the user's sessions for good, blocks their keys until they are
 * reinstated, and stops their running responses.
 */
export async function setSuspended(
  administration: Administration,
  actor: Actor,
  { userId, suspended }: { userId: string; suspended: boolean },
): Promise<UserRow> {
  const { db, notifications } = administration;
  const user = await db.transaction().execute(async (trx) => {
    if (suspended) await requireAnotherAdmin(trx, userId);
    const before = await requireUser(trx, userId);
    // The lock waits for a prompt that is being admitted, so that its responses are found among the running ones.
    if (suspended) await lockMemberAccount(trx, userId);
    if (suspended) await deleteSessions(trx, userId);
    await audit(trx, actor, suspended ? 'suspend' : 'reinstate', before.email, null);
    return setUser(trx, userId, { suspended });
  });
  notifications.publish([memberTopic(userId)]);
  if (suspended) await stopEverywhere(administration, await findLiveResponsesOfUser(administration.db, userId));
  return user;
}

/**
 * Sets a new password for a user who has forgotten theirs, and signs them out everywhere. API keys stay unless
 * `revokeApiKeys`.
 *
 * @param hash made by better-auth's `hashPassword`
 */
export async function setPassword(
  { db, notifications }: Pick<Administration, 'db' | 'notifications'>,
  actor: Actor,
  { userId, hash, revokeApiKeys = false }: { userId: string; hash: string; revokeApiKeys?: boolean },
): Promise<UserRow> {
  const user = await db.transaction().execute(async (trx) => {
    const user = await requireUser(trx, userId);
    if (isGuest(user)) throw new InvalidInputError('userId', 'A guest has no password.');
    // Somebody who signs in with a provider has no password yet.
    if (!(await setPasswordHash(trx, userId, hash))) await insertPasswordHash(trx, { id: newId(), userId, hash });
    await deleteSessions(trx, userId);
    const revoked = revokeApiKeys ? await deleteApiKeys(trx, userId) : 0;
    await audit(trx, actor, 'setPassword', user.email, revoked > 0 ? `API keys revoked: ${revoked}` : null);
    return user;
  });
  notifications.publish([memberTopic(userId)]);
  return user;
}

/**
 * Adds an account for the operator, whatever SIGN_UP says. A server's first account is its admin, however it is made.
 */
export async function addAccount(
  { db }: Pick<Administration, 'db'>,
  actor: Actor,
  { email, name, hash }: { email: string; name: string; hash: string },
): Promise<UserRow> {
  const account = { id: newId(), email: email.toLowerCase(), name: toStorable(name).slice(0, 200) };
  return db.transaction().execute(async (trx) => {
    const user = await insertUser(trx, { ...account, admitted_as: 'OPERATOR' });
    if (!user) throw new InvalidInputError('email', `There is an account with the e-mail address ${account.email}.`);
    await insertPasswordHash(trx, { id: newId(), userId: user.id, hash });
    await audit(trx, actor, 'addAccount', user.email, null);
    return user;
  });
}

/** Changes the plan at the member's own choice, on servers where plans are simulated. */
export async function changePlan(
  { db, catalogue, notifications }: Pick<Administration, 'db' | 'catalogue' | 'notifications'>,
  member: Member,
  tier: TierId,
): Promise<Member> {
  await setTier({ db, catalogue, notifications }, member, { userId: member.id, tier });
  return { ...member, tier };
}

/** @throws ForbiddenError if members cannot change their plan themselves */
export function requirePlanChanges(allowed: boolean): void {
  if (!allowed) throw new ForbiddenError('Only an admin can change plans on this server.');
}

export async function setModelEnabled(
  { db, catalogue }: Pick<Administration, 'db' | 'catalogue'>,
  actor: Actor,
  { modelId, enabled }: { modelId: string; enabled: boolean },
): Promise<Model> {
  const model = findModel(catalogue, modelId);
  if (!model) throw new NotFoundError('model');
  await db.transaction().execute(async (trx) => {
    await storeModelEnabled(trx, model.id, enabled);
    await audit(trx, actor, enabled ? 'enableModel' : 'disableModel', model.id, null);
  });
  return model;
}

async function requireUser(trx: Transaction<Database>, id: string): Promise<UserRow> {
  const user = await lockUser(trx, id);
  if (!user) throw new NotFoundError('user');
  return user;
}

/** Whether the user is the only admin, all of whom it locks. */
export async function isLastAdmin(trx: Transaction<Database>, { id }: Pick<UserRow, 'id'>): Promise<boolean> {
  const admins = await lockAdmins(trx);
  return admins.length === 1 && admins[0]?.id === id;
}

/** Locks the admins. @throws ForbiddenError if the user is the only one */
export async function requireAnotherAdmin(trx: Transaction<Database>, userId: string): Promise<void> {
  if (await isLastAdmin(trx, { id: userId })) {
    throw new ForbiddenError('This is the last admin. Make somebody else admin first.');
  }
}

/** How often a member may do an act in an hour that each time writes to the audit log, which keeps everything. */
const ACTS_PER_HOUR = 60;

/** @throws RateLimitError if a locked member has done the act too often within the last hour */
export async function requireFewActs(trx: Transaction<Database>, userId: string, action: string): Promise<void> {
  if ((await countActsOf(trx, userId, action)) < ACTS_PER_HOUR) return;
  throw new RateLimitError(3600, `You have done this ${ACTS_PER_HOUR} times within an hour. Try again later.`);
}

/** Writes to the audit log, in the transaction that makes the change. */
export async function audit(
  trx: Transaction<Database>,
  actor: Actor,
  action: string,
  target: string,
  note: string | null,
): Promise<void> {
  await insertAuditEntry(trx, { actor_id: actor === 'operator' ? null : actor.id, action, target, note });
}
