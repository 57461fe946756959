import { createContextCache } from '@pothos/core';
import DataLoader from 'dataloader';
import { NIL } from 'uuid';
import { tierOf } from '../domain/catalogue/catalogue.ts';
import { renewAccounts } from '../domain/money/credits.ts';
import { findUsers, mayReadFigures, type UserRow } from '../domain/people/members.ts';
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
  createdAt: new Date(0),
};

/** Admins and auditors may load every user, others only themselves. */
export const User = builder.loadableNodeRef('User', {
  id: { resolve: ({ id }: UserRow) => id },
  load: async (ids: string[], { db, viewer }: GraphQLContext) => {
    const visible = mayReadFigures(viewer) ? ids : ids.filter((id) => id === viewer?.id);
    const users = visible.length > 0 ? await findUsers(db, visible) : [];
    return visible.includes(theOperator.id) ? [...users, theOperator] : users;
  },
  toKey: ({ id }) => id,
  sort: true,
  cacheResolved: true,
});

User.implement({
  fields: (t) => ({
    email: t.exposeString('email'),
    name: t.exposeString('name'),
    role: t.expose('role', { type: Role }),
    tier: t.field({ type: Tier, resolve: (user, _args, { catalogue }) => tierOf(catalogue, user) }),
    suspended: t.exposeBoolean('suspended'),
    twoFactor: t.exposeBoolean('twoFactor', {
      description: 'Whether signing in with the password asks for a code too.',
    }),
    credits: t.field({
      type: CreditAccount,
      resolve: (user, _args, context) => (user === theOperator ? noAccount() : accounts(context).load(user)),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
  }),
});

function noAccount() {
  const now = new Date();
  const renewsAt = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1));
  return { id: NIL, balance: 0, held: 0, renewsAt };
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
