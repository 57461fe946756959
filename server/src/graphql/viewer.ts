import { tierOf } from '../domain/catalogue/catalogue.ts';
import { renewAccount, shownAccount } from '../domain/money/credits.ts';
import { type Member, roles } from '../domain/people/members.ts';
import { CreditAccount } from './credits.ts';
import { builder } from './ground/builder.ts';
import { Tier } from './model.ts';

export const Role = builder.enumType('Role', { values: roles });

export const Viewer = builder.objectRef<Member>('Viewer');

builder.node(Viewer, {
  id: { resolve: ({ id }) => id },
  loadOne: (id, { viewer }) => (viewer?.id === id ? viewer : null),
  fields: (t) => ({
    email: t.exposeString('email'),
    name: t.exposeString('name'),
    role: t.expose('role', { type: Role }),
    tier: t.field({ type: Tier, resolve: (member, _args, { catalogue }) => tierOf(catalogue, member) }),
    credits: t.field({
      type: CreditAccount,
      resolve: async (member, _args, { db, catalogue }) =>
        shownAccount(await renewAccount(db, { userId: member.id, tier: tierOf(catalogue, member) })),
    }),
  }),
});

builder.queryField('viewer', (t) =>
  t.field({
    type: Viewer,
    nullable: true,
    description: 'Null when signed out.',
    resolve: (_root, _args, { viewer }) => viewer,
  }),
);
