import { encodeGlobalId } from '../../domain/ground/global-ids.ts';
import { deleteAccount } from '../../domain/people/account-deletion.ts';
import { findUsers } from '../../domain/people/members.ts';
import { removeTwoFactor } from '../../domain/people/second-factor.ts';
import { builder } from '../ground/builder.ts';
import { localId } from '../ground/ids.ts';
import { User } from '../user.ts';
import { Viewer } from '../viewer.ts';

builder.objectField(Viewer, 'twoFactor', (t) =>
  t.boolean({
    description: 'Whether signing in with the password asks for a code too.',
    resolve: async ({ id }, _args, { db }) => (await findUsers(db, [id]))[0]?.twoFactor ?? false,
  }),
);

builder.objectField(Viewer, 'hasPassword', (t) =>
  t.boolean({
    description: 'False for somebody who signs in with a provider only.',
    resolve: ({ id }, _args, { links }) => links.hasPassword(id),
  }),
);

builder.mutationFields((t) => ({
  removeTwoFactor: t.withAuth({ admin: true }).field({
    type: User,
    description: 'For a member who has lost phone and backup codes: the password alone signs in then.',
    args: { userId: t.arg.id({ required: true }) },
    resolve: (_root, { userId }, context) =>
      removeTwoFactor(context, context.viewer, { userId: localId('User', userId) }),
  }),
  deleteMember: t.withAuth({ admin: true }).id({
    description:
      'Deletes an account for good: sessions, keys and the name at once, running answers and conversations in the moments after. Ledger and receipts stay, without a name. Members delete their own at /api/auth/delete-account.',
    args: { userId: t.arg.id({ required: true }) },
    resolve: async (_root, { userId }, context) => {
      const id = localId('User', userId);
      await deleteAccount(context, context.viewer, id);
      return encodeGlobalId('User', id);
    },
  }),
}));
