import { encodeGlobalId } from '../../domain/ground/global-ids.ts';
import type { Member } from '../../domain/people/members.ts';
import {
  countShares,
  findSharePage,
  findShares,
  revokeShare,
  type ShareRow,
  shareConversation,
} from '../../domain/sharing/shares.ts';
import { Conversation } from '../conversation.ts';
import { builder } from '../ground/builder.ts';
import type { GraphQLContext } from '../ground/context.ts';
import { localId } from '../ground/ids.ts';
import { forwardsOnly, notACursor, type PageArguments, pageSize, toForwardConnection } from '../ground/pagination.ts';
import { Viewer } from '../viewer.ts';

const ShareAudience = builder.enumType('ShareAudience', {
  values: {
    MEMBERS: { description: 'Members of this server who have the link.' },
    LINK: { description: 'Anyone who has the link, without an account too.' },
  } as const,
});

export const Share = builder.loadableNodeRef('Share', {
  id: { resolve: ({ id }: ShareRow) => id },
  load: async (ids: string[], { db, viewer }: GraphQLContext) => (viewer ? findShares(db, viewer.id, ids) : []),
  toKey: ({ id }) => id,
  sort: true,
});

Share.implement({
  description:
    'A branch of a conversation that the viewer shows to others, as it was when it was shared. Only the viewer reads this; readers ask for sharedConversation.',
  fields: (t) => ({
    url: t.string({
      description: 'The page that shows it. Whoever has this address has what it shows.',
      resolve: ({ key }, _args, { publicUrl }) => `${publicUrl}/s/${key}`,
    }),
    title: t.exposeString('title', { description: 'As the conversation was called when it was shared.' }),
    conversation: t.field({ type: Conversation, resolve: ({ conversation_id }) => conversation_id }),
    audience: t.expose('audience', { type: ShareAudience }),
    expiresAt: t.expose('expires_at', {
      type: 'DateTime',
      nullable: true,
      description: 'It cannot be read from then on; null: it does not end by itself.',
    }),
    withFigures: t.exposeBoolean('with_figures', { description: 'Whether it shows credits, tokens and times.' }),
    withName: t.exposeBoolean('with_name', { description: 'Whether it names the viewer.' }),
    asksVerdict: t.exposeBoolean('asks_verdict', {
      description: 'Whether readers say which answer is best before they are told the models.',
    }),
    createdAt: t.expose('created_at', { type: 'DateTime' }),
  }),
});

const ShareEdge = builder.edgeObject({ type: Share, name: 'ShareEdge' });
const ShareConnection = builder.connectionObject({ type: Share, name: 'ShareConnection' }, ShareEdge);

builder.objectField(Viewer, 'shares', (t) =>
  t.connection(
    {
      type: Share,
      description: 'What the viewer shows to others, the newest first; forwards only. Expired ones are among them.',
      complexity: (args) => ({ multiplier: pageSize(args) }),
      resolve: (member: Member, args, context) => sharePage(member, args, context),
    },
    ShareConnection,
    ShareEdge,
  ),
);

async function sharePage({ id: userId }: Member, args: PageArguments, { db }: GraphQLContext) {
  forwardsOnly(args);
  const size = pageSize(args);
  const after = args.after ?? null;
  if (after !== null && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(after)) throw notACursor();
  const rows = await findSharePage(db, userId, { after, limit: size + 1 });
  return toForwardConnection({ rows, size, after, toCursor: ({ id }) => id, count: () => countShares(db, userId) });
}

const ShareInput = builder.inputType('ShareInput', {
  fields: (t) => ({
    conversationId: t.id({ required: true }),
    throughTurnId: t.id({
      description: 'The last turn that is shown; those before it in its branch are too. Absent: the latest turn.',
    }),
    audience: t.field({ type: ShareAudience, required: true }),
    expiresAt: t.field({ type: 'DateTime', description: 'Absent: it does not end by itself.' }),
    withFigures: t.boolean({ defaultValue: false, description: 'Shows credits, tokens and times.' }),
    withName: t.boolean({ defaultValue: false, description: 'Names the viewer as they are called now.' }),
    asksVerdict: t.boolean({
      defaultValue: false,
      description: 'Asks readers which of the last turn’s answers is best before it tells them the models.',
    }),
  }),
});

builder.mutationFields((t) => ({
  shareConversation: t.withAuth({ signedIn: true }).field({
    type: Share,
    description:
      'Shows a branch to others, frozen: what is asked, written or chosen later does not show. It is refused while an answer is being written or a blind turn hides its models. It ends when it is revoked or expires, and with its conversation and account.',
    args: { input: t.arg({ type: ShareInput, required: true }) },
    resolve: (_root, { input: { conversationId, throughTurnId, ...input } }, { sharing, viewer }) =>
      shareConversation(sharing, viewer, {
        ...input,
        conversationId: localId('Conversation', conversationId),
        throughTurnId: throughTurnId == null ? null : localId('Turn', throughTurnId),
      }),
  }),
  revokeShare: t.withAuth({ signedIn: true }).id({
    description: 'Ends a share at once: its address then names nothing.',
    args: { id: t.arg.id({ required: true }) },
    async resolve(_root, { id }, { db, viewer }) {
      await revokeShare(db, viewer.id, localId('Share', id));
      return encodeGlobalId('Share', localId('Share', id));
    },
  }),
}));
