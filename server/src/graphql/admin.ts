import { createContextCache } from '@pothos/core';
import { disabledModels } from '../domain/catalogue/models.ts';
import { isLocalId } from '../domain/ground/global-ids.ts';
import { reportUsage } from '../domain/money/usage.ts';
import {
  adjustCredits,
  changePlan,
  requirePlanChanges,
  setModelEnabled,
  setRole,
  setSuspended,
  setTier,
} from '../domain/people/administration.ts';
import { countUsers, findUserPage } from '../domain/people/members.ts';
import { builder, forMembers } from './ground/builder.ts';
import type { GraphQLContext } from './ground/context.ts';
import { localId } from './ground/ids.ts';
import {
  forwardsOnly,
  notACursor,
  type PageArguments,
  pageSize,
  SEARCH_COST,
  toForwardConnection,
} from './ground/pagination.ts';
import { Model, TierId } from './model.ts';
import { REPORT_COST, UsageGroup, UsageReport } from './usage.ts';
import { User } from './user.ts';
import { Role, Viewer } from './viewer.ts';

const UserEdge = builder.edgeObject({ type: User, name: 'UserEdge' });
const UserConnection = builder.connectionObject({ type: User, name: 'UserConnection' }, UserEdge);
export const Admin = builder.objectRef<object>('Admin').implement({
  description: 'Figures and accounts, never anybody’s conversations. For admins and auditors.',
  fields: (t) => ({
    usage: t.field({
      type: UsageReport,
      complexity: forMembers(REPORT_COST),
      description: 'System-wide: requests, tokens, credits charged and provider cost, by day, provider, model or user.',
      args: {
        from: t.arg({ type: 'DateTime' }),
        to: t.arg({ type: 'DateTime' }),
        groupBy: t.arg({ type: UsageGroup, defaultValue: 'DAY' }),
      },
      resolve: (_admin, { from, to, groupBy }, { db }) =>
        reportUsage(db, { userId: null, from, to, groupBy: groupBy ?? 'DAY' }),
    }),
    users: t.connection(
      {
        type: User,
        description: 'In the order of their sign-up. search matches names and e-mail addresses.',
        complexity: ({ first, search }) => ({ field: search ? SEARCH_COST : 1, multiplier: pageSize({ first }) }),
        args: { search: t.arg.string() },
        resolve: (_admin, args, context) => userPage(context, args),
      },
      UserConnection,
      UserEdge,
    ),
  }),
});

async function userPage({ db }: GraphQLContext, args: PageArguments & { search?: string | null }) {
  forwardsOnly(args);
  const size = pageSize(args);
  if (args.after != null && !isLocalId('User', args.after)) throw notACursor();
  const search = args.search?.trim() ? args.search.trim().slice(0, 200).replaceAll('\0', '') : null;
  const rows = await findUserPage(db, { search, after: args.after ?? null, limit: size + 1 });
  const count = () => countUsers(db, search);
  return toForwardConnection({ rows, size, after: args.after, toCursor: ({ id }) => id, count });
}

builder.queryField('admin', (t) =>
  t.field({
    type: Admin,
    description: 'For admins and auditors: an error with code FORBIDDEN for others.',
    skipTypeScopes: true,
    authScopes: { figures: true },
    resolve: () => ({}),
  }),
);

/** Loaded once for all models of an answer. */
const switchedOff = createContextCache(({ db }: GraphQLContext) => disabledModels(db));

builder.objectField(Model, 'enabled', (t) =>
  t.boolean({
    description: 'False if an admin has switched the model off.',
    resolve: async ({ id }, _args, context) => !(await switchedOff(context)).has(id),
  }),
);

builder.objectField(Viewer, 'planChanges', (t) =>
  t.boolean({
    description: 'Whether members may change their plan themselves: see changePlan.',
    resolve: (_viewer, _args, { planChanges, offered }) => planChanges(offered),
  }),
);

builder.mutationFields((t) => ({
  changePlan: t.withAuth({ signedIn: true }).field({
    type: Viewer,
    description:
      'Changes the viewer’s plan where plan changes are simulated (PLAN_CHANGES=simulated); elsewhere an error with code FORBIDDEN.',
    args: { tier: t.arg({ type: TierId, required: true }) },
    resolve: async (_root, { tier }, context) => {
      // A key that an admin added on another replica a moment ago forbids it.
      await context.offerKeeper.refresh();
      requirePlanChanges(context.planChanges(context.offer.now));
      return changePlan(context, context.viewer, tier);
    },
  }),
  adjustCredits: t.withAuth({ admin: true }).field({
    type: User,
    description: 'amount may be negative, never below a zero balance; note is kept in the ledger and the audit log.',
    args: {
      userId: t.arg.id({ required: true }),
      amount: t.arg({ type: 'Credits', required: true }),
      note: t.arg.string({ required: true }),
    },
    resolve: (_root, { userId, amount, note }, context) =>
      adjustCredits(context, context.viewer, { userId: localId('User', userId), amount, note }),
  }),
  setTier: t.withAuth({ admin: true }).field({
    type: User,
    args: { userId: t.arg.id({ required: true }), tier: t.arg({ type: TierId, required: true }) },
    resolve: (_root, { userId, tier }, context) =>
      setTier(context, context.viewer, { userId: localId('User', userId), tier }),
  }),
  setRole: t.withAuth({ admin: true }).field({
    type: User,
    args: { userId: t.arg.id({ required: true }), role: t.arg({ type: Role, required: true }) },
    resolve: (_root, { userId, role }, context) =>
      setRole(context, context.viewer, { userId: localId('User', userId), role }),
  }),
  setSuspended: t.withAuth({ admin: true }).field({
    type: User,
    args: { userId: t.arg.id({ required: true }), suspended: t.arg.boolean({ required: true }) },
    resolve: (_root, { userId, suspended }, context) =>
      setSuspended(context, context.viewer, { userId: localId('User', userId), suspended }),
  }),
  setModelEnabled: t.withAuth({ admin: true }).field({
    type: Model,
    args: { modelId: t.arg.id({ required: true }), enabled: t.arg.boolean({ required: true }) },
    resolve: (_root, { modelId, enabled }, context) => setModelEnabled(context, context.viewer, { modelId, enabled }),
  }),
}));
