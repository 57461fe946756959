import type { Kysely, Transaction } from 'kysely';
import { v7 as newId } from 'uuid';
import type { Database } from '../../database/database.ts';
import {
  countTeamMembers,
  countTeams,
  endMembership,
  findMembership,
  findTeamByName,
  findTeams,
  insertTeam,
  putTeamMember,
  setTeam,
  type TeamRow,
} from '../../database/teams.ts';
import { findUserByEmail, findUsers, type UserRow } from '../../database/users.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { resolveModels } from '../catalogue/models.ts';
import { ForbiddenError, InvalidInputError, NotFoundError } from '../ground/errors.ts';
import { toName } from '../ground/names.ts';
import { accountTopic, memberTopic, type Notifications } from '../ground/notifications.ts';
import { followAnyAccount } from '../money/account-changes.ts';
import { type CreditAccount, lockAccount, renewAccount, shownAccount, topUpForTeam } from '../money/credits.ts';
import { type Actor, type Administration, audit } from './administration.ts';
import { isGuest } from './guests.ts';
import { isAdmin, mayReadFigures, type Viewer } from './members.ts';
import { findPayingTeam, shownRestOf } from './paying-team.ts';

export {
  findAllTeams,
  findPayingTeams,
  findTeamIdsOf,
  findTeamMembers,
  findTeams,
  findTeamsOf,
  findUsersOfOwner,
  type PayingTeamRow,
  type TeamMemberRow,
  type TeamRow,
} from '../../database/teams.ts';

/** How many teams there may be, archived ones included, and how many members a team may have. */
export const TEAMS_MAX = 500;
export const TEAM_MEMBERS_MAX = 1000;
const NAME_LENGTH_MAX = 100;
const RETENTION_DAYS_MAX = 36_500;

/** What an admin decides of a team. Absent fields stay as they are. */
export interface TeamChanges {
  name?: string | null | undefined;
  /** The balance that the account is topped up to each month; more than before is there at once. */
  monthlyCredits?: number | null | undefined;
  /** What each member may spend of the team's credits in a month; null: no limit. */
  memberMonthlyCredits?: number | null | undefined;
  /** The models that the team pays for; null: all. */
  modelIds?: readonly string[] | null | undefined;
  /** After how many days without a prompt the conversations that the team pays for are deleted; null: as all others. */
  retentionDays?: number | null | undefined;
  /** An archived team pays for nothing more. Answers that are being written are still settled. */
  archived?: boolean | null | undefined;
}

/** Makes a team with its account. Like every act below, it is written to the audit log in the same transaction. */
export async function createTeam(
  { db, catalogue }: Pick<Administration, 'db' | 'catalogue'>,
  actor: Actor,
  input: TeamChanges,
): Promise<TeamRow> {
  if (input.name == null) throw new InvalidInputError('name', 'Give the team a name.');
  const { name, ...changes } = validChanges(catalogue, { ...input, name: input.name });
  return db.transaction().execute(async (trx) => {
    if ((await countTeams(trx)) >= TEAMS_MAX) {
      throw new InvalidInputError('name', `There are ${TEAMS_MAX} teams, which is the most.`);
    }
    await requireFreeName(trx, name as string, null);
    const team = await insertTeam(trx, { id: newId(), name: name as string, ...changes });
    await lockAccount(trx, { teamId: team.id });
    await audit(trx, actor, 'createTeam', team.name, describe(team));
    return team;
  });
}

/** Changes a team. Prompts that are being admitted wait for it, or it waits for them. */
export async function updateTeam(
  { db, catalogue, notifications }: Pick<Administration, 'db' | 'catalogue' | 'notifications'>,
  actor: Actor,
  teamId: string,
  input: TeamChanges,
): Promise<TeamRow> {
  const changes = validChanges(catalogue, input);
  const { team, accountId } = await db.transaction().execute(async (trx) => {
    const before = await requireTeamRow(trx, teamId);
    const { id: accountId } = await lockAccount(trx, { teamId });
    const isArchived = changes.archived ?? before.archived;
    if (!isArchived) await requireFreeName(trx, changes.name ?? before.name, teamId);
    const team = Object.keys(changes).length > 0 ? await setTeam(trx, teamId, changes) : before;
    if (changes.monthly_credits !== undefined) await topUpForTeam(trx, teamId, changes.monthly_credits);
    const renamed = team.name === before.name ? '' : `${before.name} → ${team.name}: `;
    await audit(trx, actor, actionOf(before, team), team.name, renamed + describe(team));
    return { team, accountId };
  });
  notifications.publish([accountTopic(accountId)]);
  return team;
}

function actionOf(before: TeamRow, after: TeamRow): string {
  if (before.archived === after.archived) return 'updateTeam';
  return after.archived ? 'archiveTeam' : 'unarchiveTeam';
}

function describe({ monthly_credits, member_monthly_credits, model_ids, retention_days }: TeamRow): string {
  return [
    `${monthly_credits.toLocaleString('en')} credits a month`,
    ...(member_monthly_credits === null ? [] : [`${member_monthly_credits.toLocaleString('en')} for each member`]),
    ...(model_ids === null ? [] : [`only ${model_ids.join(', ')}`]),
    ...(retention_days === null ? [] : [`conversations kept for ${retention_days} days`]),
  ].join(', ');
}

function validChanges(catalogue: Catalogue, input: TeamChanges) {
  const { monthlyCredits, memberMonthlyCredits, modelIds, retentionDays, archived } = input;
  requireNotNegative('monthlyCredits', monthlyCredits);
  requireNotNegative('memberMonthlyCredits', memberMonthlyCredits);
  if (retentionDays != null && (retentionDays < 1 || retentionDays > RETENTION_DAYS_MAX)) {
    throw new InvalidInputError('retentionDays', `Conversations are kept for 1 to ${RETENTION_DAYS_MAX} days.`);
  }
  return {
    ...(input.name != null && { name: validName(input.name) }),
    ...(monthlyCredits != null && { monthly_credits: monthlyCredits }),
    ...(memberMonthlyCredits !== undefined && { member_monthly_credits: memberMonthlyCredits }),
    ...(modelIds !== undefined && { model_ids: modelIds === null ? null : validModelIds(catalogue, modelIds) }),
    ...(retentionDays !== undefined && { retention_days: retentionDays }),
    ...(archived != null && { archived }),
  };
}

function validName(name: string): string {
  // The name is cut first, so that one that is much too long costs no more than that.
  const shown = toName(name.slice(0, 10 * NAME_LENGTH_MAX));
  if (shown === '' || shown.length > NAME_LENGTH_MAX) {
    throw new InvalidInputError('name', `A team’s name must have 1 to ${NAME_LENGTH_MAX} characters.`);
  }
  return shown;
}

function requireNotNegative(field: string, credits: number | null | undefined): void {
  if (credits != null && credits < 0) throw new InvalidInputError(field, 'Credits cannot be below 0.');
}

function validModelIds(catalogue: Catalogue, modelIds: readonly string[]): string[] {
  if (modelIds.length === 0) {
    throw new InvalidInputError('modelIds', 'Choose at least one model, or null to allow all.');
  }
  return [...new Set(resolveModels(catalogue, modelIds).map(({ id }) => id))];
}

async function requireFreeName(trx: Transaction<Database>, name: string, teamId: string | null): Promise<void> {
  const other = await findTeamByName(trx, name);
  if (other && other.id !== teamId) throw new InvalidInputError('name', `There is a team ${other.name} already.`);
}

async function requireTeamRow(trx: Transaction<Database>, id: string): Promise<TeamRow> {
  const [team] = await findTeams(trx, [id]);
  if (!team) throw new NotFoundError('team');
  return team;
}

/** @throws NotFoundError, InvalidInputError if the team is archived */
export async function requireTeamInUse(trx: Transaction<Database>, id: string): Promise<TeamRow> {
  const team = await requireTeamRow(trx, id);
  if (team.archived) throw new InvalidInputError('teamId', `The team ${team.name} is archived.`);
  return team;
}

/** Who is meant, by the id or the e-mail address of an account. */
export type NamedMember = { userId: string } | { email: string };

/** A membership as it is to be. */
export interface Membership {
  teamId: string;
  of: NamedMember;
  /** Whether they are in the team at all. */
  member: boolean;
  owner: boolean;
}

/**
 * Puts somebody into a team, makes them an owner or a member, or takes them out. What they were charged this month
 * counts on if they come back. The answers that are being written for them are still paid by the team.
 */
export async function setTeamMember(
  { db, notifications }: Pick<Administration, 'db' | 'notifications'>,
  actor: Actor | Viewer,
  membership: Membership,
): Promise<TeamRow> {
  const changed = await db.transaction().execute(async (trx) => {
    await requireManager(trx, actor, membership.teamId);
    return changeMembership(trx, actor, membership);
  });
  const { team, accountId, userId } = changed;
  notifications.publish([memberTopic(userId), accountTopic(accountId)]);
  return team;
}

/** Owners manage the members of their team, admins those of all. To others the team does not exist. */
async function requireManager(trx: Transaction<Database>, actor: Actor | Viewer, teamId: string): Promise<void> {
  if (!isViewer(actor) || isAdmin(actor)) return;
  const membership = await findMembership(trx, { teamId, userId: actor.id });
  if (!membership) throw new NotFoundError('team');
  if (!membership.owner) throw new ForbiddenError('Only an owner of the team or an admin may do this.');
}

function isViewer(actor: Actor | Viewer): actor is Viewer {
  return actor !== 'operator' && 'scopes' in actor;
}

async function changeMembership(
  trx: Transaction<Database>,
  actor: Actor,
  { teamId, of, member, owner }: Membership,
): Promise<{ team: TeamRow; accountId: string; userId: string }> {
  const team = await requireTeamRow(trx, teamId);
  const { id: accountId } = await lockAccount(trx, { teamId });
  const user = await requireNamed(trx, of);
  const { id: userId } = user;
  const before = await findMembership(trx, { teamId, userId });
  if (member) await addMember(trx, { team, user, owner, isNew: !before });
  else if (before) await endMembership(trx, { teamId, userId });
  const isChanged = before?.owner !== (member ? owner : undefined);
  if (isChanged) {
    const note = `team ${team.name}${member ? (owner ? ', owner' : ', member') : ''}`;
    await audit(trx, actor, member ? 'setTeamMember' : 'removeTeamMember', user.email, note);
  }
  return { team, accountId, userId };
}

async function addMember(
  trx: Transaction<Database>,
  { team, user, owner, isNew }: { team: TeamRow; user: UserRow; owner: boolean; isNew: boolean },
): Promise<void> {
  if (isGuest(user)) throw new InvalidInputError('userId', 'A guest cannot be in a team.');
  if (isNew && (await countTeamMembers(trx, team.id)) >= TEAM_MEMBERS_MAX) {
    throw new InvalidInputError('userId', `The team has ${TEAM_MEMBERS_MAX} members, which is the most.`);
  }
  await putTeamMember(trx, { teamId: team.id, userId: user.id, owner });
}

async function requireNamed(trx: Transaction<Database>, of: NamedMember): Promise<UserRow> {
  const user = 'email' in of ? await findUserByEmail(trx, of.email.trim()) : (await findUsers(trx, [of.userId]))[0];
  if (user) return user;
  if ('email' in of) throw new InvalidInputError('email', 'Nobody here has this e-mail address. Invite them first.');
  throw new NotFoundError('user');
}

/** A team's account, and the most that a reader may spend of it. */
export interface TeamAccount extends CreditAccount {
  /** Absent: all that is available. */
  rest?: number | undefined;
}

/**
 * Yields the team's account as the viewer sees it, now and whenever it has changed, until the reader returns or the
 * viewer may see it no more.
 *
 * @throws NotFoundError if the viewer may not see the team
 */
export async function followTeamAccount(
  { db, notifications }: { db: Kysely<Database>; notifications: Notifications },
  viewer: Viewer,
  teamId: string,
): Promise<AsyncIterableIterator<TeamAccount>> {
  async function look(): Promise<TeamAccount | null> {
    const [user] = await findUsers(db, [viewer.id]);
    const team = await findPayingTeam(db, { teamId }, viewer.id);
    if (!user || user.suspended || !team) return null;
    const readsFigures = mayReadFigures({ ...viewer, role: user.role });
    if (!team.isMember && !readsFigures) return null;
    const account = shownAccount(await renewAccount(db, { teamId }));
    return { ...account, ...(team.isMember && { rest: shownRestOf(team) }) };
  }

  if (!(await look())) throw new NotFoundError('team');
  return followAnyAccount(notifications, viewer.id, look);
}
