import { knownModel } from '../domain/catalogue/catalogue.ts';
import {
  type ConversationRow,
  countConversations,
  createConversation,
  findConversationPage,
  findOwnConversations,
  updateConversation,
} from '../domain/conversations/conversations.ts';
import { deleteAllConversations, deleteConversation } from '../domain/conversations/deletion.ts';
import { MOVED_MAX, moveConversations } from '../domain/conversations/folders.ts';
import { followTitles } from '../domain/conversations/retitled.ts';
import { countFound, searchConversations } from '../domain/conversations/searching/search.ts';
import { leaveTemporary } from '../domain/conversations/temporary.ts';
import { InvalidInputError } from '../domain/ground/errors.ts';
import { encodeGlobalId } from '../domain/ground/global-ids.ts';
import { builder, prompting } from './ground/builder.ts';
import { forgetLoaded, type SignedInContext } from './ground/context.ts';
import { localId } from './ground/ids.ts';
import { forwardsOnly, type PageArguments, pageSize, SEARCH_COST, toForwardConnection } from './ground/pagination.ts';
import { Model } from './model.ts';
import { PayingTeam } from './payer.ts';

export const Conversation = builder.loadableNodeRef('Conversation', {
  id: { resolve: ({ id }: ConversationRow) => id },
  load: async (ids: string[], { db, viewer }) => (viewer ? findOwnConversations(db, viewer.id, ids) : []),
  toKey: ({ id }) => id,
  sort: true,
  cacheResolved: true,
});

Conversation.implement({
  fields: (t) => ({
    title: t.exposeString('title'),
    models: t.field({
      type: [Model],
      description: 'The models that the next prompt goes to unless it names others.',
      resolve: ({ model_ids }, _args, { catalogue }) => model_ids.map((id) => knownModel(catalogue, id)),
    }),
    systemPrompt: t.exposeString('system_prompt', { nullable: true }),
    payer: t.field({
      type: PayingTeam,
      nullable: true,
      description: 'The team that pays for the next prompt unless it names another payer; null: the viewer does.',
      resolve: ({ payer_team_id }) => payer_team_id,
    }),
    pinned: t.exposeBoolean('pinned'),
    archived: t.exposeBoolean('archived'),
    temporary: t.exposeBoolean('temporary', {
      description:
        'Whether no list, search or export has it, and all its text is deleted when it is left, at the latest 24 hours after the last prompt. What its answers cost stays in the books.',
    }),
    createdAt: t.expose('created_at', { type: 'DateTime' }),
    updatedAt: t.expose('updated_at', { type: 'DateTime' }),
  }),
});

const ConversationEdge = builder.edgeObject({ type: Conversation, name: 'ConversationEdge' });
const ConversationConnection = builder.connectionObject(
  { type: Conversation, name: 'ConversationConnection' },
  ConversationEdge,
);

builder.queryFields((t) => ({
  conversation: t.withAuth({ signedIn: true }).field({
    type: Conversation,
    nullable: true,
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }) => localId('Conversation', id),
  }),
  conversations: t.connection(
    {
      type: Conversation,
      description:
        'Newest first. search finds conversations with all of its words, or parts of words, in one title, prompt or answer, regardless of case and accents; the first five different words count. Matches of whole words come first, then titles before prompts before answers, then the newest. Archived conversations are left out unless they are asked for or searched.',
      authScopes: { signedIn: true },
      complexity: ({ first, search }) => ({ field: search ? SEARCH_COST : 1, multiplier: pageSize({ first }) }),
      args: {
        search: t.arg.string(),
        archived: t.arg.boolean(),
        pinned: t.arg.boolean(),
        folderId: t.arg.id({
          description:
            'Those in this folder; null: those in none, unless they are searched. Absent: wherever they are.',
        }),
      },
      resolve: (_root, args, context) => conversationPage(context as SignedInContext, args),
    },
    ConversationConnection,
    ConversationEdge,
  ),
}));

interface ConversationArguments extends PageArguments {
  search?: string | null;
  archived?: boolean | null;
  pinned?: boolean | null;
  folderId?: string | null;
}

async function conversationPage({ db, viewer }: SignedInContext, args: ConversationArguments) {
  forwardsOnly(args);
  const size = pageSize(args);
  const { pinned, after } = args;
  const search = args.search?.trim() || null;
  const folderId = args.folderId == null ? args.folderId : localId('Folder', args.folderId);
  if (search !== null) {
    const filter = { userId: viewer.id, archived: args.archived, pinned, folderId: folderId ?? undefined, search };
    const cursor = after == null ? null : parseCursor(after, true);
    const rows = await searchConversations(db, { ...filter, after: cursor, limit: size + 1 });
    return toForwardConnection({ rows, size, after, toCursor, count: () => countFound(db, filter) });
  }
  const filter = { userId: viewer.id, archived: args.archived ?? false, pinned, folderId };
  const cursor = after == null ? null : parseCursor(after, false);
  const rows = await findConversationPage(db, { ...filter, after: cursor, limit: size + 1 });
  return toForwardConnection({ rows, size, after, toCursor, count: () => countConversations(db, filter) });
}

/** The cursor of a conversation; in a search it has the rank too. */
function toCursor({ active_at, id, rank }: ConversationRow & { rank?: number }): string {
  const place = `${active_at.toISOString()} ${id}`;
  return Buffer.from(rank === undefined ? place : `${place} ${rank}`).toString('base64url');
}

function parseCursor(cursor: string, searched: boolean) {
  const [time = '', id = '', rank = ''] = Buffer.from(cursor, 'base64url').toString().split(' ');
  const activeAt = new Date(/^\d{4}-/.test(time) ? time : Number.NaN);
  const isPlace = !Number.isNaN(activeAt.getTime()) && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id);
  if (!isPlace || !(searched ? /^[1-9]$/ : /^$/).test(rank)) {
    throw new InvalidInputError('after', 'This is not a cursor of this list.');
  }
  return { activeAt, id, rank: Number(rank) };
}

const CreateConversationInput = builder.inputType('CreateConversationInput', {
  fields: (t) => ({
    title: t.string(),
    modelIds: t.idList(),
    systemPrompt: t.string(),
    folderId: t.id({ description: 'The viewer’s own folder in which it begins.' }),
    temporary: t.boolean({ defaultValue: false, description: 'Makes a temporary one.' }),
  }),
});

const UpdateConversationInput = builder.inputType('UpdateConversationInput', {
  fields: (t) => ({
    id: t.id({ required: true }),
    title: t.string(),
    modelIds: t.idList(),
    systemPrompt: t.string({ description: 'An empty one removes it.' }),
    pinned: t.boolean(),
    archived: t.boolean(),
  }),
});

builder.mutationField('leaveTemporary', (t) =>
  t.withAuth(prompting).boolean({
    skipTypeScopes: true,
    description:
      'Tells that the page of a temporary conversation was closed, or with left: false that it is open again. It is deleted five minutes after it was closed; deleteConversation deletes it at once.',
    args: { id: t.arg.id({ required: true }), left: t.arg.boolean({ defaultValue: true }) },
    async resolve(_root, { id, left }, { db, viewer }) {
      await leaveTemporary(db, viewer.id, { id: localId('Conversation', id), isLeft: left ?? true });
      return true;
    },
  }),
);

builder.mutationFields((t) => ({
  createConversation: t.withAuth(prompting).field({
    skipTypeScopes: true,
    type: Conversation,
    args: { input: t.arg({ type: CreateConversationInput, required: true }) },
    resolve: (_root, { input: { folderId, ...input } }, { db, catalogue, viewer }) =>
      createConversation(db, catalogue, viewer.id, {
        ...input,
        folderId: folderId == null ? null : localId('Folder', folderId),
      }),
  }),
  updateConversation: t.withAuth(prompting).field({
    skipTypeScopes: true,
    type: Conversation,
    args: { input: t.arg({ type: UpdateConversationInput, required: true }) },
    resolve: (_root, { input: { id, ...changes } }, context) =>
      updateConversation(context, context.viewer.id, localId('Conversation', id), changes),
  }),
  moveConversations: t.withAuth(prompting).field({
    skipTypeScopes: true,
    type: [Conversation],
    complexity: { multiplier: 20 },
    description: `Puts up to ${MOVED_MAX} conversations into a folder, all or none of them; null: out of all folders.`,
    args: { ids: t.arg.idList({ required: true }), folderId: t.arg.id() },
    resolve: async (_root, { ids, folderId }, { db, viewer }) => {
      const moved = ids.map((id) => localId('Conversation', id));
      await moveConversations(db, viewer.id, moved, folderId == null ? null : localId('Folder', folderId));
      return moved;
    },
  }),
  deleteConversation: t.withAuth(prompting).id({
    skipTypeScopes: true,
    description: 'Stops its running responses; the ledger keeps its entries.',
    args: { id: t.arg.id({ required: true }) },
    resolve: async (_root, { id }, context) => {
      await deleteConversation(context, context.viewer.id, localId('Conversation', id));
      return encodeGlobalId('Conversation', localId('Conversation', id));
    },
  }),
  deleteAllConversations: t.withAuth(prompting).int({
    skipTypeScopes: true,
    description: 'Returns how many there were.',
    resolve: (_root, _args, context) => deleteAllConversations(context, context.viewer.id),
  }),
}));

builder.subscriptionField('titlesChanged', (t) =>
  t.withAuth({ signedIn: true }).field({
    type: [Conversation],
    complexity: { multiplier: 20 },
    description:
      'The viewer’s conversations whose titles change, by a model or in any client: at once those of the last two minutes, maybe none, then each change.',
    subscribe: (_root, _args, context) => followTitles(context, context.viewer.id),
    resolve(conversations, _args, context) {
      forgetLoaded(context);
      return conversations;
    },
  }),
);
