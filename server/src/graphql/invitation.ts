import { encodeGlobalId } from '../domain/ground/global-ids.ts';
import {
  createInvitation,
  findInvitations,
  findInvitationsById,
  INVITATIONS_MAX,
  type InvitationRow,
  revokeInvitation,
  statusOf,
} from '../domain/people/invitations.ts';
import { isAdmin } from '../domain/people/members.ts';
import { builder } from './ground/builder.ts';
import type { GraphQLContext } from './ground/context.ts';
import { localId } from './ground/ids.ts';
import { TierId } from './model.ts';
import { Team } from './payer.ts';
import { theOperator, User } from './user.ts';

const Invitation = builder.loadableNodeRef('Invitation', {
  id: { resolve: ({ id }: InvitationRow) => id },
  load: async (ids: string[], { db, viewer }: GraphQLContext) => (isAdmin(viewer) ? findInvitationsById(db, ids) : []),
  toKey: ({ id }) => id,
  sort: true,
});

const InvitationStatus = builder.enumType('InvitationStatus', {
  values: ['USABLE', 'USED_UP', 'EXPIRED', 'REVOKED'] as const,
});

Invitation.implement({
  description: 'A link to sign up with. Admins only.',
  fields: (t) => ({
    url: t.string({
      description: 'Anyone who has it can sign up: it contains a secret.',
      resolve: ({ id }, _args, { invitationLinks }) => invitationLinks.urlOf(id),
    }),
    tier: t.expose('tier', { type: TierId, description: 'The plan of accounts made with it.' }),
    team: t.field({
      type: Team,
      nullable: true,
      description: 'The team that accounts made with it join.',
      resolve: ({ team_id }) => team_id,
    }),
    uses: t.exposeInt('uses', { description: 'Accounts that were made with it.' }),
    usesMax: t.exposeInt('uses_max', { nullable: true, description: 'Null: any number.' }),
    expiresAt: t.expose('expires_at', { type: 'DateTime', nullable: true, description: 'Null: never.' }),
    status: t.field({ type: InvitationStatus, resolve: statusOf }),
    createdBy: t.field({ type: User, resolve: ({ created_by }) => created_by ?? theOperator }),
    createdAt: t.expose('created_at', { type: 'DateTime' }),
  }),
});

const CreateInvitationInput = builder.inputType('CreateInvitationInput', {
  fields: (t) => ({
    tier: t.field({ type: TierId, description: 'The plan of accounts made with it; absent: FREE.' }),
    teamId: t.id({ description: 'The team that accounts made with it join; absent: none.' }),
    usesMax: t.int({ defaultValue: 1, description: 'How many accounts may be made with it; null: any number.' }),
    expiresAt: t.field({ type: 'DateTime', description: 'Absent: never.' }),
  }),
});

builder.queryField('invitations', (t) =>
  t.field({
    type: [Invitation],
    skipTypeScopes: true,
    authScopes: { admin: true },
    description: `Usable ones first, then the others, the newest first among each; at most ${INVITATIONS_MAX}.`,
    complexity: { field: 1, multiplier: 50 },
    resolve: (_root, _args, { db }) => findInvitations(db),
  }),
);

builder.mutationFields((t) => ({
  createInvitation: t.withAuth({ admin: true }).field({
    type: Invitation,
    description: `At most ${INVITATIONS_MAX} can be usable at once. Refused with FORBIDDEN if nobody can sign up.`,
    args: { input: t.arg({ type: CreateInvitationInput, required: true }) },
    resolve: (_root, { input: { usesMax = null, teamId, ...input } }, { db, signUp, viewer }) =>
      createInvitation({ db, signUp: signUp.rule }, viewer, {
        ...input,
        usesMax,
        teamId: teamId == null ? null : localId('Team', teamId),
      }),
  }),
  revokeInvitation: t.withAuth({ admin: true }).id({
    description: 'No more accounts can be made with it; those made with it stay.',
    args: { id: t.arg.id({ required: true }) },
    resolve: async (_root, { id }, { db, viewer }) => {
      await revokeInvitation({ db }, viewer, localId('Invitation', id));
      return encodeGlobalId('Invitation', localId('Invitation', id));
    },
  }),
}));
