import { encodeGlobalId } from '../../domain/ground/global-ids.ts';
import { endOtherSessions, endSession, findSessions, type SessionRow } from '../../domain/people/sessions.ts';
import { builder } from '../ground/builder.ts';
import { localId } from '../ground/ids.ts';
import { Viewer } from '../viewer.ts';

const Session = builder.objectRef<SessionRow>('Session').implement({
  description: 'A browser in which the viewer is signed in.',
  fields: (t) => ({
    id: t.globalID({ resolve: ({ id }) => ({ type: 'Session', id }) }),
    userAgent: t.exposeString('userAgent', { nullable: true, description: 'What the browser said of itself.' }),
    address: t.exposeString('address', { nullable: true, description: 'The address that it signed in from.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    lastUsedAt: t.expose('lastUsedAt', { type: 'DateTime', description: 'Exact to five minutes.' }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime' }),
    current: t.boolean({
      description: 'Whether this request was made in it.',
      resolve: ({ id }, _args, { viewer }) => viewer?.sessionId === id,
    }),
  }),
});

builder.objectField(Viewer, 'sessions', (t) =>
  t.field({
    type: [Session],
    complexity: { multiplier: 20 },
    description: 'The one that was used last first, at most 100. An API key needs the scope ADMIN.',
    authScopes: { key: 'ADMIN' },
    resolve: ({ id }, _args, { db }) => findSessions(db, id),
  }),
);

builder.mutationFields((t) => ({
  endSession: t.withAuth({ signedIn: true }).id({
    description: 'Signs the viewer out of one browser. Streams that were opened there end.',
    args: { id: t.arg.id({ required: true }) },
    resolve: async (_root, { id }, context) => {
      await endSession(context, context.viewer, localId('Session', id));
      return encodeGlobalId('Session', localId('Session', id));
    },
  }),
  endOtherSessions: t.withAuth({ signedIn: true }).int({
    description: 'Signs the viewer out of all browsers but the one that asks. Returns how many there were.',
    resolve: (_root, _args, context) => endOtherSessions(context, context.viewer, context.viewer.sessionId),
  }),
}));
