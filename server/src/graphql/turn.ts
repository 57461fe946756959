import { hidesModels } from '../domain/asking/lanes.ts';
import { findBranchThrough } from '../domain/conversations/branches.ts';
import {
  chooseResponse,
  findSiblings,
  findTurnsWithin,
  type RoomyTurnRow,
  stopResponses,
  type TurnRow,
} from '../domain/conversations/turns.ts';
import {
  FileNotReadableError,
  InsufficientCreditsError,
  InvalidInputError,
  ModelUnavailableError,
  NotFoundError,
  RateLimitError,
  TierLimitError,
} from '../domain/ground/errors.ts';
import { parseGlobalId } from '../domain/ground/global-ids.ts';
import type { Viewer } from '../domain/people/members.ts';
import { payerOfId } from '../domain/people/paying-team.ts';
import { PROMPT_COST, Quote } from './asking/quote.ts';
import { Conversation } from './conversation.ts';
import { builder, forMembers, prompting } from './ground/builder.ts';
import type { GraphQLContext } from './ground/context.ts';
import { localId } from './ground/ids.ts';
import { type PageArguments, pageSize, sliceIds } from './ground/pagination.ts';
import { PromptMergeInput } from './judging/merge-mode.ts';

export const Turn = builder.loadableNodeRef('Turn', {
  id: { resolve: ({ id }: RoomyTurnRow) => id },
  load: async (ids: string[], { db, viewer, budget: { bytesMax } }: GraphQLContext) =>
    viewer ? findTurnsWithin(db, viewer.id, { ids, bytesMax }) : [],
  toKey: ({ id }) => id,
  sort: true,
  cacheResolved: true,
});

Turn.implement({
  description: 'One prompt and the responses of every model it was sent to.',
  fields: (t) => ({
    conversation: t.field({ type: Conversation, resolve: ({ conversation_id }) => conversation_id }),
    parent: t.field({ type: Turn, nullable: true, resolve: ({ parent_id }) => parent_id }),
    alternatives: t.loadableList({
      type: Turn,
      description: 'The turns with the same parent, this one among them, oldest first: the branches at this point.',
      load: async (places: string[], { db, viewer, budget }) => {
        const turns = places.map(parsePlace);
        const siblings = viewer ? await findSiblings(db, viewer.id, turns, budget.bytesMax) : [];
        return places.map((place) => siblings.filter((sibling) => toPlace(sibling) === place));
      },
      resolve: toPlace,
    }),
    prompt: t.string({
      resolve: ({ prompt, withheld }, _args, { budget }) => (withheld ? budget.refuse() : prompt),
    }),
    blind: t.exposeBoolean('blind', {
      description: 'Whether it was sent so that its models are hidden until it is judged or revealed.',
    }),
    hidden: t.boolean({
      description:
        'Whether its models are still hidden. Then their stand-ins are named blind/A, blind/B, … (Answer A, Answer B, …) in the order of the lanes, and nothing tells what could tell them apart: no figures, no failures, no reasoning, no receipts. Its charges count as held.',
      resolve: hidesModels,
    }),
    unpaced: t.exposeBoolean('unpaced', {
      description: 'Whether, while they were hidden, answers were shown as they came and not at one pace.',
    }),
    withMerge: t.exposeBoolean('with_merge', {
      description:
        'Whether its prompt asked for a merge of the other answers. As long as the models are hidden, nothing tells which answer that is.',
    }),
    position: t.int({
      description: 'Which turn of its branch it is, from 1.',
      resolve: ({ depth }) => depth + 1,
    }),
    imported: t.exposeBoolean('imported', {
      description: 'Whether its answers were given elsewhere, or by another: they cannot be judged here.',
    }),
    createdAt: t.expose('created_at', { type: 'DateTime' }),
  }),
});

type TurnPlace = Pick<TurnRow, 'conversation_id' | 'parent_id'>;

/** Turns at the same place are alternatives of each other. */
function toPlace({ conversation_id, parent_id }: TurnPlace): string {
  return JSON.stringify({ conversation_id, parent_id });
}

function parsePlace(place: string): TurnPlace {
  return JSON.parse(place);
}

const TurnEdge = builder.edgeObject({ type: Turn, name: 'TurnEdge' });
const TurnConnection = builder.connectionObject({ type: Turn, name: 'TurnConnection' }, TurnEdge);

builder.objectField(Conversation, 'turns', (t) =>
  t.connection(
    {
      type: Turn,
      description:
        'Oldest first, along one branch: the one that holds the turn named by through, else by around, else the one that ends in the latest turn. Of before and after, a turn’s id does as well as its cursor.',
      complexity: (args) => ({ multiplier: pageSize(args, TURNS_DEFAULT) }),
      args: {
        through: t.arg.id(),
        around: t.arg.id({
          description: 'A turn of the branch: the page of first or last turns has it in its middle.',
        }),
      },
      resolve: async ({ id, user_id }, { through, around, ...page }, context) => {
        const at = through ?? around;
        const branch = await findBranchThrough(context.db, user_id, id, at == null ? null : localId('Turn', at));
        return turnPage(context, branch, pageAlong(branch, page, around == null ? null : localId('Turn', around)));
      },
    },
    TurnConnection,
    TurnEdge,
  ),
);

const TURNS_DEFAULT = 100;

/** @param around the turn that is in the middle of the page */
function pageAlong(branch: readonly string[], args: PageArguments, around: string | null) {
  if (around === null) {
    return sliceIds(branch, { ...args, before: idOf(args.before), after: idOf(args.after) }, TURNS_DEFAULT);
  }
  if (args.before != null || args.after != null) {
    throw new InvalidInputError('around', 'A page around a turn has no before and no after.');
  }
  const at = branch.indexOf(around);
  if (at < 0) throw new NotFoundError('turn');
  const size = pageSize(args, TURNS_DEFAULT);
  const start = Math.max(0, Math.min(at - Math.floor(size / 2), branch.length - size));
  const page = branch.slice(start, start + size);
  return { page, hasPreviousPage: start > 0, hasNextPage: start + page.length < branch.length };
}

/** The cursor for a turn's id, or for its cursor. */
function idOf(cursor: string | null | undefined): string | null | undefined {
  const named = cursor == null ? null : parseGlobalId(cursor);
  return named?.typename === 'Turn' ? named.id : cursor;
}

async function turnPage(
  context: GraphQLContext,
  branch: readonly string[],
  { page, hasNextPage, hasPreviousPage }: ReturnType<typeof pageAlong>,
) {
  const turns = await Turn.getDataloader(context).loadMany(page);
  const edges = turns.flatMap((turn) => (turn && !(turn instanceof Error) ? [{ node: turn, cursor: turn.id }] : []));
  return {
    edges,
    pageInfo: { hasNextPage, hasPreviousPage, startCursor: page[0] ?? null, endCursor: page.at(-1) ?? null },
    totalCount: () => branch.length,
  };
}

export const ParametersInput = builder.inputType('ParametersInput', {
  fields: (t) => ({ temperature: t.float(), topP: t.float(), maxOutputTokens: t.int() }),
});

const SendPromptInput = builder.inputType('SendPromptInput', {
  fields: (t) => ({
    conversationId: t.id({ description: 'Absent: a new conversation.' }),
    temporary: t.boolean({
      defaultValue: false,
      description:
        'Makes the new conversation a temporary one (Conversation.temporary). An existing one stays as it is.',
    }),
    parentTurnId: t.id({
      description: 'The turn that this one follows; absent: the conversation’s latest. An older one starts a branch.',
    }),
    atStart: t.boolean({
      description: 'Starts a branch at the beginning of the conversation, beside its first prompt.',
    }),
    prompt: t.string({ required: true }),
    modelIds: t.idList({
      description:
        'Absent: the conversation’s models, else the server’s default. A provider’s own name for a model (gpt-4.1, claude-…, gemini-…) works too, and a provider’s id (openai) for its default model.',
    }),
    historyFrom: t.id({
      description:
        'A response that is shown in an earlier turn of the branch, to go on from: from this prompt on, every model is sent its lane’s answers, and without modelIds only its model is asked. Turn.historyFrom tells of it, and ModelQuote.history what each model is sent.',
    }),
    blind: t.boolean({
      defaultValue: false,
      description:
        'Hides the models until the turn is judged or revealed, and puts them into lanes in a random order. Without modelIds, some are drawn of those that the viewer may use; in a conversation whose models are still hidden, the same go on in the same lanes.',
    }),
    drawCount: t.int({
      description:
        'How many models a blind prompt without modelIds has drawn, from two to as many as the plan allows at once; those about which verdicts tell least come first. Absent: two. Where the same models go on, nothing is drawn.',
    }),
    fileIds: t.idList({
      description:
        'The viewer’s own files, at most 10, in the order in which models are sent them, before the prompt’s text. ModelQuote.fileForms tells as what.',
    }),
    merge: t.field({
      type: PromptMergeInput,
      description:
        'Asks for a merge of the answers too. In a blind turn it hides among them, until its verdict. Where hidden models go on, their merge goes on with them.',
    }),
    parameters: t.field({ type: ParametersInput }),
    payerId: t.id({
      description:
        'Who pays: the id of a team that the viewer is in, or the viewer’s; absent: whoever pays in the conversation, else the viewer. The conversation keeps it.',
    }),
    toolIds: t.idList({
      description:
        'Tools (Query.tools) that the models may call, step by step, until they can answer. Not in blind prompts.',
    }),
    agentId: t.id({
      description: 'The agent (Query.agents) that writes the answers. Absent: with toolIds, the one that uses tools.',
    }),
    maxCredits: t.field({
      type: 'Credits',
      description:
        'The most that one answer with tools may cost: it ends with what there is (Response.shortenedBy). Absent: as much as the server allows, which Quote.maximum tells.',
    }),
    idempotencyKey: t.string({
      description: 'A retry with the same key returns the first result and charges nothing more.',
    }),
  }),
});

const SendPromptPayload = builder.objectRef<{ turn: TurnRow }>('SendPromptPayload').implement({
  fields: (t) => ({
    turn: t.expose('turn', { type: Turn }),
    conversation: t.field({ type: Conversation, resolve: ({ turn }) => turn.conversation_id }),
  }),
});

export const SendPromptResult = builder.errorUnion('SendPromptResult', {
  types: [
    SendPromptPayload,
    InsufficientCreditsError,
    TierLimitError,
    RateLimitError,
    ModelUnavailableError,
    FileNotReadableError,
    InvalidInputError,
    NotFoundError,
  ],
  resolveType: () => 'SendPromptPayload',
});

builder.queryField('quote', (t) =>
  t.withAuth(prompting).field({
    skipTypeScopes: true,
    type: Quote,
    complexity: forMembers(PROMPT_COST),
    description: 'The most that sending the prompt would cost, and what it is likely to cost, for each model.',
    args: { input: t.arg({ type: SendPromptInput, required: true }) },
    resolve: (_root, { input }, { prompts, viewer }) => prompts.quote(viewer, toPromptInput(input, viewer)),
  }),
);

builder.mutationFields((t) => ({
  sendPrompt: t.withAuth(prompting).field({
    skipTypeScopes: true,
    type: SendPromptResult,
    complexity: forMembers(PROMPT_COST),
    description:
      'Stores the prompt, holds the credits, starts every model in parallel, and returns at once. Nothing is stored, held or started when the result is an error.',
    args: { input: t.arg({ type: SendPromptInput, required: true }) },
    resolve: async (_root, { input }, { prompts, viewer }) => ({
      turn: await prompts.send(viewer, toPromptInput(input, viewer)),
    }),
  }),
  regenerateResponse: t.withAuth(prompting).field({
    skipTypeScopes: true,
    type: SendPromptResult,
    complexity: forMembers(PROMPT_COST),
    description: 'Runs one model of a turn again, as a new response of the same turn.',
    args: { responseId: t.arg.id({ required: true }), modelId: t.arg.id() },
    resolve: async (_root, { responseId, modelId }, { prompts, viewer }) => ({
      turn: await prompts.regenerate(viewer, localId('Response', responseId), modelId ?? null),
    }),
  }),
  continueResponse: t.withAuth(prompting).field({
    skipTypeScopes: true,
    type: SendPromptResult,
    complexity: forMembers(PROMPT_COST),
    description:
      'Continues an answer that was cut off (at its length limit, stopped, interrupted, broken): its model goes on where the text ends, as a new response in the same lane whose text begins with the old one’s. Repeated, it starts nothing more.',
    args: { responseId: t.arg.id({ required: true }) },
    resolve: async (_root, { responseId }, { prompts, viewer }) => ({
      turn: await prompts.continue(viewer, localId('Response', responseId)),
    }),
  }),
  stopResponses: t.withAuth(prompting).field({
    skipTypeScopes: true,
    type: Turn,
    description: 'Stops a turn’s live responses (one, or all); what was written so far is kept and charged.',
    args: { turnId: t.arg.id({ required: true }), responseIds: t.arg.idList() },
    resolve: (_root, { turnId, responseIds }, context) =>
      stopResponses(
        context,
        context.viewer.id,
        localId('Turn', turnId),
        responseIds?.map((id) => localId('Response', id)) ?? null,
      ),
  }),
  chooseResponse: t.withAuth(prompting).field({
    skipTypeScopes: true,
    type: Turn,
    description:
      'Makes the response’s lane show it, if it is an older version, and makes it the turn’s chosen answer. With later prompts, models are sent the answers that are shown.',
    args: {
      responseId: t.arg.id({ required: true }),
      laneOnly: t.arg.boolean({
        defaultValue: false,
        description: 'Chooses among the versions of its lane only: the turn’s chosen answer stays in its lane.',
      }),
    },
    resolve: (_root, { responseId, laneOnly }, { db, viewer }) =>
      chooseResponse(db, viewer.id, { responseId: localId('Response', responseId), laneOnly: laneOnly ?? false }),
  }),
}));

function toPromptInput(
  { conversationId, parentTurnId, historyFrom, payerId, fileIds, ...input }: typeof SendPromptInput.$inferInput,
  viewer: Viewer,
) {
  return {
    ...input,
    fileIds: fileIds?.map((id) => localId('File', id)) ?? null,
    payer: payerId == null ? null : payerOfId(payerId, viewer),
    conversationId: conversationId == null ? null : localId('Conversation', conversationId),
    parentTurnId: parentTurnId == null ? null : localId('Turn', parentTurnId),
    historyFrom: historyFrom == null ? null : localId('Response', historyFrom),
  };
}
