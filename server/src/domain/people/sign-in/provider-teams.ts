import type { Logger } from 'pino';
import { findMembership, findTeamByName, isNameArchived, type TeamRow } from '../../../database/teams.ts';
import type { UserRow } from '../../../database/users.ts';
import { DomainError, InvalidInputError } from '../../ground/errors.ts';
import type { Administration } from '../administration.ts';
import { createTeam, setTeamMember } from '../teams.ts';

type TeamOptions = Pick<Administration, 'db' | 'catalogue' | 'notifications'> & { log: Logger };

/**
 * Puts the user into the teams of these names, and out of those that the provider gave before and gives no more. A team
 * that does not exist is made, without credits, but never beside an archived one of its name. Owners stay: an admin has made them what they are.
 *
 * @param given ids of the teams that the provider gave before
 * @returns ids of the teams that the provider has given now
 */
export async function applyTeams(
  options: TeamOptions,
  user: UserRow,
  { names, given }: { names: readonly string[]; given: readonly string[] },
): Promise<string[]> {
  const { db, log } = options;
  const kept: string[] = [];
  const wanted: string[] = [];
  for (const name of names) {
    try {
      const { id } = await findOrMake(options, name);
      wanted.push(id);
      const isMember = (await findMembership(db, { teamId: id, userId: user.id })) !== undefined;
      if (!isMember) await change(options, user, id, true);
      if (!isMember || given.includes(id)) kept.push(id);
    } catch (error) {
      // The team is full, or there are too many: that is no reason to keep somebody out.
      if (!(error instanceof DomainError)) throw error;
      log.warn({ team: name, reason: error.message }, 'auth: a group of a provider puts nobody into a team');
    }
  }
  for (const teamId of given) {
    if (wanted.includes(teamId)) continue;
    const membership = await findMembership(db, { teamId, userId: user.id });
    if (membership && !membership.owner) await change(options, user, teamId, false);
  }
  return kept;
}

async function findOrMake(options: TeamOptions, name: string): Promise<TeamRow> {
  const { db } = options;
  const found = await findTeamByName(db, name);
  if (found) return found;
  if (await isNameArchived(db, name)) throw new InvalidInputError('name', `The team ${name} is archived.`);
  // Somebody else may have made it at this moment.
  return createTeam(options, 'operator', { name }).catch(async (error: unknown) => {
    const team = await findTeamByName(db, name);
    if (team) return team;
    throw error;
  });
}

async function change(options: TeamOptions, user: UserRow, teamId: string, member: boolean): Promise<void> {
  await setTeamMember(options, user, { teamId, of: { userId: user.id }, member, owner: false });
}
