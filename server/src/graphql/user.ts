import { createContextCache } from '@pothos/core';
import DataLoader from 'dataloader';
import { NIL } from 'uuid';
import { tierOf } from '../domain/catalogue/catalogue.ts';
import { renewAccounts } from '../domain/money/credits.ts';
import { findUsers, mayReadFigures, type UserRow } from '../domain/people/members.ts';
import { findUsersOfOwner } from '../domain/people/teams.ts';
import { CreditAccount } from './credits.ts';
import { builder } from './ground/builder.ts';
import type { GraphQLContext } from './ground/context.ts';
import { Tier } from './model.ts';
import { Role } from './viewer.ts';

/** The actor at the command line, who has no account. */
export const theOperator: UserRow = {
  id: 'operator',
  email: 'operator',
  name: 'Operator',
  role: 'ADMIN',
  tier: 'FREE',
  suspended: false,
  twoFactor: false,
  deletedAt: null,
  credentialsEpoch: 0,
  createdAt: new Date(0),
};

/** Admins and auditors may load every user, others themselves and, if they own a team, those who are or were in it. */
export const User = builder.loadableNodeRef('User', {
  id: { resolve: ({ id }: UserRow) => id },
  load: async (ids: string[], { db, viewer }: GraphQLContext) => {
    const visible = mayReadFigures(viewer) ? ids : viewer ? await visibleTo(viewer.id, ids, db) : [];
    const users = visible.length > 0 ? await findUsers(db, visible) : [];
    return visible.includes(theOperator.id) ? [...users, theOperator] : users;
  },
  toKey: ({ id }) => id,
  sort: true,
  cacheResolved: true,
});

async function visibleTo(viewerId: string, ids: readonly string[], db: GraphQLContext['db']): Promise<string[]> {
  const others = ids.filter((id) => id !== viewerId);
  const ofOwner = others.length > 0 ? await findUsersOfOwner(db, viewerId, others) : [];
  return [...ids.filter((id) => id === viewerId), ...ofOwner];
}

/** What an owner of a team does not see of its members. */
const ofUserAndAdmins = {
  authScopes: ({ id }: UserRow, _args: unknown, { viewer }: GraphQLContext) =>
    id === viewer?.id || mayReadFigures(viewer),
};

User.implement({
  description: 'An owner of a team sees its members’ names and e-mail addresses, and nothing else of them.',
  fields: (t) => ({
    email: t.exposeString('email'),
    name: t.exposeString('name'),
    role: t.expose('role', { ...ofUserAndAdmins, type: Role }),
    tier: t.field({ ...ofUserAndAdmins, type: Tier, resolve: (user, _args, { catalogue }) => tierOf(catalogue, user) }),
    suspended: t.exposeBoolean('suspended', ofUserAndAdmins),
    twoFactor: t.exposeBoolean('twoFactor', {
      ...ofUserAndAdmins,
      description: 'Whether signing in with the password asks for a code too.',
    }),
    credits: t.field({
      ...ofUserAndAdmins,
      type: CreditAccount,
      // To read an account tops it up, which a deleted one must not be.
      resolve: (user, _args, context) =>
        user === theOperator || user.deletedAt ? noAccount() : accounts(context).load(user),
    }),
    deleted: t.boolean({
      description: 'Whether the account was deleted: it stays in reports, without name and address.',
      resolve: ({ deletedAt }) => deletedAt !== null,
    }),
    createdAt: t.expose('createdAt', { ...ofUserAndAdmins, type: 'DateTime' }),
  }),
});

function noAccount() {
  const now = new Date();
  const renewsAt = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1));
  return { id: NIL, teamId: null, balance: 0, held: 0, renewsAt };
}

const accounts = createContextCache(
  ({ db, catalogue }: GraphQLContext) =>
    new DataLoader(
      (users: readonly UserRow[]) =>
        renewAccounts(
          db,
          users.map((user) => ({ userId: user.id, tier: tierOf(catalogue, user) })),
        ),
      { cache: false },
    ),
);
