import { createContextCache } from '@pothos/core';
import DataLoader from 'dataloader';
import { knownModel } from '../domain/catalogue/catalogue.ts';
import { InvalidInputError } from '../domain/ground/errors.ts';
import { renewTeamAccounts } from '../domain/money/credits.ts';
import { reportUsage } from '../domain/money/usage.ts';
import { adjustTeamCredits } from '../domain/people/administration.ts';
import { mayReadFigures } from '../domain/people/members.ts';
import { shownRestOf } from '../domain/people/paying-team.ts';
import {
  createTeam,
  findAllTeams,
  findPayingTeams,
  findTeamMembers,
  findTeamsOf,
  type PayingTeamRow,
  setTeamMember,
  TEAM_MEMBERS_MAX,
  TEAMS_MAX,
  type TeamMemberRow,
  updateTeam,
} from '../domain/people/teams.ts';
import { CreditAccount, type ShownAccount } from './credits.ts';
import { builder, forMembers } from './ground/builder.ts';
import type { GraphQLContext } from './ground/context.ts';
import { localId } from './ground/ids.ts';
import { Model } from './model.ts';
import { Team } from './payer.ts';
import { REPORT_COST, UsageGroup, UsageReport } from './usage.ts';
import { User } from './user.ts';
import { Viewer } from './viewer.ts';

/** How many members of a team a query is expected to list. */
const USUAL_MEMBERS = 20;
/** How many teams a query is expected to list. */
const USUAL_TEAMS = 10;

/** What the viewer is in each team, loaded once for all teams of an answer. */
const memberships = createContextCache(
  ({ db, viewer }: GraphQLContext) =>
    new DataLoader(
      async (teamIds: readonly string[]): Promise<(PayingTeamRow | null)[]> => {
        const rows = viewer ? await findPayingTeams(db, { teamIds, userId: viewer.id }) : [];
        return teamIds.map((teamId) => rows.find(({ id }) => id === teamId) ?? null);
      },
      { cache: false },
    ),
);

const accounts = createContextCache(
  ({ db }: GraphQLContext) =>
    new DataLoader((teamIds: readonly string[]) => renewTeamAccounts(db, teamIds), { cache: false }),
);

const members = createContextCache(
  ({ db }: GraphQLContext) =>
    new DataLoader(
      async (teamIds: readonly string[]) => {
        const rows = await findTeamMembers(db, teamIds);
        return teamIds.map((id) => rows.filter(({ teamId }) => teamId === id));
      },
      { cache: false },
    ),
);

/** Whether the viewer sees what the team's members spend: an owner, an admin and an auditor do. */
async function oversees(context: GraphQLContext, teamId: string): Promise<boolean> {
  return mayReadFigures(context.viewer) || ((await memberships(context).load(teamId))?.isOwner ?? false);
}

const TeamMember = builder.objectRef<TeamMemberRow>('TeamMember').implement({
  fields: (t) => ({
    user: t.field({ type: User, resolve: ({ userId }) => userId }),
    owner: t.exposeBoolean('owner', { description: 'Owners see who spends what, and manage the members.' }),
    spentThisMonth: t.expose('spentThisMonth', {
      type: 'Credits',
      description: 'What the team was charged this month (UTC) for what the member asked. Held credits are not in it.',
    }),
  }),
});

Team.implement({
  description:
    'Pays for what its members ask, as far as they want it to. Its members and admins see it; for others it does not exist.',
  fields: (t) => ({
    name: t.exposeString('name'),
    credits: t.field({
      type: CreditAccount,
      description:
        'available is what the viewer may spend: it counts their monthly limit in the team too. The entries are for owners and admins.',
      resolve: ({ id }, _args, context) => accountOf(context, id),
    }),
    monthlyCredits: t.expose('monthly_credits', {
      type: 'Credits',
      description: 'The balance that the account is topped up to at the start of each month.',
    }),
    memberMonthlyCredits: t.expose('member_monthly_credits', {
      type: 'Credits',
      nullable: true,
      description: 'What each member may spend in a calendar month (UTC), held credits included; null: no limit.',
    }),
    models: t.field({
      type: [Model],
      nullable: true,
      complexity: (_args, { catalogue }) => ({ multiplier: catalogue.models.size }),
      description: 'The models that the team pays for; null: all.',
      resolve: ({ model_ids }, _args, { catalogue }) => model_ids?.map((id) => knownModel(catalogue, id)) ?? null,
    }),
    retentionDays: t.exposeInt('retention_days', {
      nullable: true,
      description:
        'After how many days without a prompt the conversations that the team pays for are deleted; null: as all others (Server.retentionDays).',
    }),
    archived: t.exposeBoolean('archived', {
      description: 'An archived team pays for nothing more. What is being written is still settled.',
    }),
    createdAt: t.expose('created_at', { type: 'DateTime' }),
    members: t.field({
      type: [TeamMember],
      complexity: { multiplier: USUAL_MEMBERS },
      description: 'Owners first, then by name. To a member who is neither an owner nor an admin, themself alone.',
      resolve: async ({ id }, _args, context) => {
        const all = await members(context).load(id);
        return (await oversees(context, id)) ? all : all.filter(({ userId }) => userId === context.viewer?.id);
      },
    }),
    ownerNames: t.stringList({
      description: 'Whom a member may turn to.',
      resolve: async ({ id }, _args, context) =>
        (await members(context).load(id)).filter(({ owner }) => owner).map(({ name }) => name),
    }),
    viewerIsMember: t.boolean({
      description: 'Whether the viewer is in the team, so that it may pay for them.',
      resolve: async ({ id }, _args, context) => (await memberships(context).load(id))?.isMember ?? false,
    }),
    viewerOwns: t.boolean({
      description: 'Whether the viewer is an owner.',
      resolve: async ({ id }, _args, context) => (await memberships(context).load(id))?.isOwner ?? false,
    }),
    usage: t.field({
      type: UsageReport,
      complexity: forMembers(REPORT_COST),
      description:
        'What the team paid for, by day, model, provider or member, and never what was asked. For owners and admins.',
      args: {
        from: t.arg({ type: 'DateTime' }),
        to: t.arg({ type: 'DateTime' }),
        groupBy: t.arg({ type: UsageGroup, defaultValue: 'DAY' }),
      },
      authScopes: async ({ id }, _args, context) => oversees(context, id),
      resolve: ({ id }, { from, to, groupBy }, { db }) => {
        if (groupBy === 'KEY') throw new InvalidInputError('groupBy', 'A team’s usage is not reported by API key.');
        return reportUsage(db, { userId: null, teamId: id, from, to, groupBy: groupBy ?? 'DAY' });
      },
    }),
  }),
});

async function accountOf(context: GraphQLContext, teamId: string): Promise<ShownAccount> {
  const [account, membership] = await Promise.all([accounts(context).load(teamId), memberships(context).load(teamId)]);
  return { ...account, ...(membership?.isMember && { rest: shownRestOf(membership) }) };
}

builder.objectField(CreditAccount, 'team', (t) =>
  t.field({
    type: Team,
    nullable: true,
    description: 'The team that owns it; null: a member does.',
    resolve: ({ teamId }) => teamId,
  }),
);

builder.objectField(Viewer, 'teams', (t) =>
  t.field({
    type: [Team],
    complexity: { multiplier: USUAL_TEAMS },
    description: 'The teams that the viewer is in, by name, archived ones last.',
    resolve: ({ id }, _args, { db }) => findTeamsOf(db, id),
  }),
);

builder.queryFields((t) => ({
  teams: t.field({
    type: [Team],
    skipTypeScopes: true,
    authScopes: { figures: true },
    complexity: { multiplier: USUAL_TEAMS },
    description: `All teams, by name, archived ones last; at most ${TEAMS_MAX}. For admins and auditors.`,
    resolve: (_root, _args, { db }) => findAllTeams(db),
  }),
}));

const TeamInput = builder.inputType('TeamInput', {
  description: 'What is left out stays as it is; a new team has no credits and no limits.',
  fields: (t) => ({
    name: t.string({ description: 'A new team needs one. No two teams in use have the same.' }),
    monthlyCredits: t.field({
      type: 'Credits',
      description: 'The balance that the account is topped up to each month. A higher one is there at once.',
    }),
    memberMonthlyCredits: t.field({ type: 'Credits', description: 'Null: a member may spend all that there is.' }),
    modelIds: t.idList({ description: 'Null: all models.' }),
    retentionDays: t.int({ description: '1 to 36500; null: as the server keeps all others.' }),
    archived: t.boolean(),
  }),
});

builder.mutationFields((t) => ({
  createTeam: t.withAuth({ admin: true }).field({
    type: Team,
    args: { input: t.arg({ type: TeamInput, required: true }) },
    resolve: (_root, { input }, context) => createTeam(context, context.viewer, input),
  }),
  updateTeam: t.withAuth({ admin: true }).field({
    type: Team,
    args: { id: t.arg.id({ required: true }), input: t.arg({ type: TeamInput, required: true }) },
    resolve: (_root, { id, input }, context) => updateTeam(context, context.viewer, localId('Team', id), input),
  }),
  adjustTeamCredits: t.withAuth({ admin: true }).field({
    type: Team,
    description: 'amount may be negative, never below a zero balance; note is kept in the ledger and the audit log.',
    args: {
      teamId: t.arg.id({ required: true }),
      amount: t.arg({ type: 'Credits', required: true }),
      note: t.arg.string({ required: true }),
    },
    resolve: (_root, { teamId, amount, note }, context) =>
      adjustTeamCredits(context, context.viewer, { teamId: localId('Team', teamId), amount, note }),
  }),
  setTeamMember: t.withAuth({ signedIn: true }).field({
    type: Team,
    description: `Puts a user into the team, makes them an owner or a member, or takes them out. For the team’s owners and admins; a team has at most ${TEAM_MEMBERS_MAX} members.`,
    args: {
      teamId: t.arg.id({ required: true }),
      userId: t.arg.id({ required: true }),
      member: t.arg.boolean({ required: true }),
      owner: t.arg.boolean({ defaultValue: false }),
    },
    resolve: (_root, { teamId, userId, member, owner }, context) =>
      setTeamMember(context, context.viewer, {
        teamId: localId('Team', teamId),
        of: { userId: localId('User', userId) },
        member,
        owner: owner ?? false,
      }),
  }),
  addTeamMember: t.withAuth({ signedIn: true }).field({
    type: Team,
    description: 'setTeamMember for an owner, who knows users by their e-mail addresses.',
    args: {
      teamId: t.arg.id({ required: true }),
      email: t.arg.string({ required: true }),
      owner: t.arg.boolean({ defaultValue: false }),
    },
    resolve: (_root, { teamId, email, owner }, context) =>
      setTeamMember(context, context.viewer, {
        teamId: localId('Team', teamId),
        of: { email },
        member: true,
        owner: owner ?? false,
      }),
  }),
}));
