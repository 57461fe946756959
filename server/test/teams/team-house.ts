import type { Client } from '../setup/app.ts';

/** What tests of teams ask most often. */

/** A type, since variables of a query are a record. */
export type Team = {
  id: string;
  name: string;
};

export interface TeamInput {
  name?: string;
  monthlyCredits?: number;
  memberMonthlyCredits?: number | null;
  modelIds?: string[] | null;
  retentionDays?: number | null;
  archived?: boolean;
}

export async function newTeam(admin: Client, input: TeamInput, ...members: Client[]): Promise<Team> {
  const { createTeam } = await admin.gql('mutation ($input: TeamInput!) { createTeam(input: $input) { id name } }', {
    input,
  });
  for (const member of members) await join(admin, createTeam, member);
  return createTeam;
}

export async function change(admin: Client, team: Team, input: TeamInput): Promise<void> {
  await admin.gql('mutation ($id: ID!, $input: TeamInput!) { updateTeam(id: $id, input: $input) { id } }', {
    id: team.id,
    input,
  });
}

export async function join(manager: Client, team: Team, member: Client, { owner = false } = {}): Promise<void> {
  await manager.gql(
    'mutation ($teamId: ID!, $email: String!, $owner: Boolean) { addTeamMember(teamId: $teamId, email: $email, owner: $owner) { id } }',
    { teamId: team.id, email: member.email, owner },
  );
}

export const memberDocument = `mutation ($teamId: ID!, $userId: ID!, $member: Boolean!, $owner: Boolean) {
  setTeamMember(teamId: $teamId, userId: $userId, member: $member, owner: $owner) { id }
}`;

export async function leave(manager: Client, team: Team, member: Client): Promise<void> {
  await manager.gql(memberDocument, { teamId: team.id, userId: await userIdOf(member), member: false });
}

export async function idOf(member: Client): Promise<string> {
  return (await member.gql('{ viewer { id } }')).viewer.id;
}

/** The id of the member's User, which is another than that of the Viewer. */
export async function userIdOf(member: Client): Promise<string> {
  const [, id] = Buffer.from(await idOf(member), 'base64')
    .toString()
    .split(':');
  return Buffer.from(`User:${id}`).toString('base64');
}

export interface SeenTeam {
  id: string;
  credits: { balance: number; held: number; available: number };
  members: { spentThisMonth: number }[];
}

/** The teams as the member sees them. */
export async function teamsOf(member: Client): Promise<SeenTeam[]> {
  const { viewer } = await member.gql(
    '{ viewer { teams { id credits { balance held available } members { spentThisMonth } } } }',
  );
  return viewer.teams;
}

export async function seen(member: Client, { id }: Team): Promise<SeenTeam> {
  return (await teamsOf(member)).find((team) => team.id === id) as SeenTeam;
}
