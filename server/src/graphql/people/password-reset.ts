import { builder } from '../ground/builder.ts';
import { localId } from '../ground/ids.ts';

interface PasswordResetLinkShape {
  url: string;
  expiresAt: Date;
}

const PasswordResetLink = builder.objectRef<PasswordResetLinkShape>('PasswordResetLink').implement({
  description: 'A link with which its reader sets a new password for somebody’s account, once.',
  fields: (t) => ({
    url: t.exposeString('url', { description: 'It contains a secret, and cannot be read again.' }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime' }),
  }),
});

builder.mutationFields((t) => ({
  createPasswordResetLink: t.withAuth({ admin: true }).field({
    type: PasswordResetLink,
    description:
      'A link for an admin to hand over to a member who has forgotten the password; good once, for 24 hours. It is in the audit log, and the member is told by mail where the server sends mail.',
    args: { userId: t.arg.id({ required: true }) },
    resolve(_root, { userId }, { answer, links, viewer }) {
      answer.holdsSecret = true;
      return links.makeReset(viewer, localId('User', userId));
    },
  }),
}));
