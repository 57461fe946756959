import {
  type AnswerPart,
  type ImagePart as ImagePartShape,
  imagePartOf,
  partsOf,
  toolCallPartOf,
} from '../domain/answering/answer-parts.ts';
import type { Attempt as AttemptShape, Failure } from '../domain/answering/live-responses.ts';
import {
  type FinishReason as FinishReasonShape,
  failureCodes,
  finishReasons,
  isRetryable,
  loadResponses,
  loadResponsesOfTurns,
  type ShownResponseRow,
  type StoredCitation,
} from '../domain/answering/responses.ts';
import { failureOf, type ResponseUsage, sentFilesOf, toAttempt, usageOf } from '../domain/answering/stored-response.ts';
import { knownModel } from '../domain/catalogue/catalogue.ts';
import type {
  ResponseEvent as ResponseEventShape,
  ResumePoint as ResumePointShape,
} from '../domain/following/response-reader.ts';
import { followTurn } from '../domain/following/response-stream.ts';
import { encodeGlobalId } from '../domain/ground/global-ids.ts';
import { FileForm, toFileForm } from './files/file-form.ts';
import { builder, following } from './ground/builder.ts';
import { forgetLoaded, type GraphQLContext } from './ground/context.ts';
import { grouped } from './ground/grouped.ts';
import { localId } from './ground/ids.ts';
import { Model } from './model.ts';
import { Turn } from './turn.ts';

export const ResponseStatus = builder.enumType('ResponseStatus', {
  description: 'QUEUED and STREAMING are live; the others are final and never change.',
  values: ['QUEUED', 'STREAMING', 'COMPLETED', 'FAILED', 'STOPPED', 'INTERRUPTED'] as const,
});
const ResponseShortening = builder.enumType('ResponseShortening', {
  values: {
    CREDITS: { description: 'The account, or a limit, had no credits for more of the answer.' },
    STEPS: { description: 'It took as many requests as an answer with tools may.' },
    MINUTES: { description: 'It took as long as an answer with tools may.' },
  } as const,
});

const FinishReason = builder.enumType('FinishReason', { values: finishReasons });
const FailureCode = builder.enumType('FailureCode', { values: failureCodes });

export const Citation = builder.objectRef<StoredCitation>('Citation').implement({
  fields: (t) => ({ url: t.exposeString('url'), title: t.exposeString('title', { nullable: true }) }),
});

const Usage = builder.objectRef<ResponseUsage>('Usage').implement({
  fields: (t) => ({
    inputTokens: t.exposeInt('inputTokens', { description: 'Billed, cached ones included.' }),
    cachedInputTokens: t.exposeInt('cachedInputTokens'),
    outputTokens: t.exposeInt('outputTokens', { description: 'Billed, reasoning included.' }),
    reasoningTokens: t.exposeInt('reasoningTokens'),
    estimated: t.exposeBoolean('estimated', {
      description:
        'True if the provider reported no usage (a stopped or broken stream) and the server counted for itself.',
    }),
  }),
});

const ResponseFailure = builder.objectRef<Failure>('ResponseFailure').implement({
  fields: (t) => ({
    code: t.expose('code', { type: FailureCode }),
    message: t.exposeString('message'),
    retryable: t.boolean({ resolve: ({ code }) => isRetryable(code) }),
  }),
});

const Attempt = builder.objectRef<AttemptShape>('Attempt').implement({
  fields: (t) => ({
    model: t.field({ type: Model, resolve: ({ modelId }, _args, { catalogue }) => knownModel(catalogue, modelId) }),
    failure: t.expose('failure', { type: ResponseFailure, nullable: true }),
    startedAt: t.expose('startedAt', { type: 'DateTime' }),
    durationMs: t.exposeInt('durationMs'),
  }),
});

export const ResponsePart = builder.interfaceRef<AnswerPart>('ResponsePart').implement({
  description:
    'A part of an answer. Draw a plain box with its name for a kind that you do not know: later versions have more.',
  resolveType: (part) => partTypes.get(part.kind) ?? otherTypeOf(part),
  fields: (t) => ({ index: t.exposeInt('index') }),
});

const partTypes = new Map([
  ['text', 'TextPart'],
  ['reasoning', 'ReasoningPart'],
]);

function otherTypeOf(part: AnswerPart): string {
  if ('data' in part && imagePartOf(part, part.index)) return 'ImagePart';
  // `Response.parts` has made sure that it is whole.
  return 'responseId' in part ? 'ToolCallPart' : 'OtherPart';
}

export const ImagePart = builder.objectRef<ImagePartShape>('ImagePart').implement({
  description: 'An image that the model made. Until it is kept, and if it cannot be, an OtherPart of the kind image.',
  interfaces: [ResponsePart],
});

type PartOfText = Extract<AnswerPart, { text: string }>;

builder.objectRef<PartOfText>('TextPart').implement({
  interfaces: [ResponsePart],
  fields: (t) => ({
    offset: t.exposeInt('offset', { description: 'Where it begins in the response’s `text`, in UTF-16 code units.' }),
    text: t.exposeString('text', { description: 'So far, while it streams.' }),
  }),
});

builder.objectRef<PartOfText>('ReasoningPart').implement({
  interfaces: [ResponsePart],
  fields: (t) => ({
    offset: t.exposeInt('offset', {
      description: 'Where it begins in the response’s `reasoning`, in UTF-16 code units.',
    }),
    text: t.exposeString('text', { description: 'So far, while it streams.' }),
  }),
});

builder.objectRef<AnswerPart>('OtherPart').implement({
  description: 'A part of a kind that this server does not know: a newer one wrote it.',
  interfaces: [ResponsePart],
  fields: (t) => ({ kind: t.exposeString('kind', { description: 'The newer server’s word for the kind.' }) }),
});

export const Response = builder.loadableNodeRef('Response', {
  id: { resolve: ({ id }: ShownResponseRow) => id },
  load: async (ids: string[], context: GraphQLContext) =>
    context.viewer ? loadResponses(context, context.viewer.id, { ids, bytesMax: context.budget.bytesMax }) : [],
  toKey: ({ id }) => id,
  sort: true,
  cacheResolved: true,
});

Response.implement({
  fields: (t) => ({
    turn: t.field({ type: Turn, resolve: ({ turn_id }) => turn_id }),
    lane: t.exposeInt('lane', {
      description:
        'Place in the prompt’s list of models, from 0. A lane keeps its own history; one model may hold several lanes.',
    }),
    model: t.field({ type: Model, resolve: ({ model_id }, _args, { catalogue }) => knownModel(catalogue, model_id) }),
    servedBy: t.field({
      type: Model,
      nullable: true,
      description: 'The model that answered: differs from model when a fallback stepped in.',
      resolve: ({ served_by }, _args, { catalogue }) => (served_by === null ? null : knownModel(catalogue, served_by)),
    }),
    status: t.expose('status', { type: ResponseStatus }),
    parts: t.field({
      type: [ResponsePart],
      description:
        'In order; while the response streams, those so far. `text` and `reasoning` are the joined texts of their kind.',
      resolve: (row, _args, { budget }) =>
        row.withheld ? budget.refuse() : partsOf(row).map((part) => toolCallPartOf(row.id, part) ?? part),
    }),
    text: t.string({
      description: 'So far, while it streams.',
      resolve: ({ text, withheld }, _args, { budget }) => (withheld ? budget.refuse() : text),
    }),
    reasoning: t.string({
      resolve: ({ reasoning, withheld }, _args, { budget }) => (withheld ? budget.refuse() : reasoning),
    }),
    refusal: t.exposeString('refusal', {
      nullable: true,
      description: 'The model’s words for declining, if its provider keeps them apart from the answer.',
    }),
    citations: t.expose('citations', { type: [Citation] }),
    finishReason: t.field({
      type: FinishReason,
      nullable: true,
      resolve: ({ finish_reason }) => finish_reason as FinishReasonShape | null,
    }),
    shortenedBy: t.expose('shortened_by', {
      type: ResponseShortening,
      nullable: true,
      description: 'What ended the answer before its model did; its finishReason is LENGTH then. Null: nothing.',
    }),
    failure: t.field({ type: ResponseFailure, nullable: true, resolve: failureOf }),
    usage: t.field({ type: Usage, nullable: true, resolve: usageOf }),
    creditsHeld: t.expose('credits_held', { type: 'Credits' }),
    creditsCharged: t.expose('credits_charged', { type: 'Credits', nullable: true }),
    attempts: t.field({ type: [Attempt], resolve: ({ attempts }) => attempts.map(toAttempt) }),
    fileForms: t.field({
      type: [FileForm],
      description:
        'As what the model was sent each file of Turn.files, in their order. Empty while the models are hidden.',
      resolve: (row) => sentFilesOf(row).forms.map(toFileForm),
    }),
    filesLeftOut: t.int({
      description:
        'How many files of earlier prompts, and images of earlier answers, the model was not sent, for want of room or because it cannot read them. 0 while the models are hidden.',
      resolve: (row) => sentFilesOf(row).leftOut,
    }),
    firstTokenMs: t.exposeInt('first_token_ms', { nullable: true }),
    durationMs: t.exposeInt('duration_ms', { nullable: true }),
    chosenAt: t.expose('chosen_at', {
      type: 'DateTime',
      nullable: true,
      description:
        'When chooseResponse last chose it for its lane. A lane shows the version whose chosenAt, or else createdAt, is the latest.',
    }),
    createdAt: t.expose('created_at', { type: 'DateTime' }),
    finishedAt: t.expose('finished_at', { type: 'DateTime', nullable: true }),
  }),
});

builder.objectField(Response, 'continues', (t) =>
  t.field({
    type: Response,
    nullable: true,
    description:
      'The response that this one continues: text and reasoning begin with those of that response; usage and credits are this one’s own.',
    resolve: ({ continues_id }) => continues_id,
  }),
);

builder.objectField(Turn, 'responses', (t) =>
  t.loadableList({
    type: Response,
    description:
      'In order of their lanes, one a lane: the newest version, or the one chosen since. With superseded, all versions.',
    args: { superseded: t.arg.boolean({ defaultValue: false }) },
    byPath: true,
    load: async (turnIds: string[], context, { superseded }) => {
      const { viewer, budget } = context;
      const wanted = { turnIds, superseded: superseded ?? false, bytesMax: budget.bytesMax };
      const rows = viewer ? await loadResponsesOfTurns(context, viewer.id, wanted) : [];
      return grouped(turnIds, rows, ({ turn_id }) => turn_id);
    },
    resolve: ({ id }) => id,
  }),
);

builder.objectField(Turn, 'chosen', (t) =>
  t.field({
    type: Response,
    nullable: true,
    description: 'The response that later turns take as this turn’s answer for a model that has none of its own.',
    deprecationReason: 'SendPromptInput.historyFrom goes on from one answer, and a verdict says which is best.',
    resolve: ({ chosen_response_id }) => chosen_response_id,
  }),
);

builder.objectField(Turn, 'historyFrom', (t) =>
  t.field({
    type: Response,
    nullable: true,
    description: 'The response that this prompt and those after it go on from, as they were asked to; null: none.',
    resolve: ({ history_response_id }) => history_response_id,
  }),
);

export const ResponseEvent = builder.interfaceRef<ResponseEventShape>('ResponseEvent').implement({
  resolveType: ({ type }) => eventTypes[type],
  fields: (t) => ({
    responseId: t.id({ resolve: ({ responseId }) => encodeGlobalId('Response', responseId) }),
  }),
});

const eventTypes = {
  started: 'ResponseStarted',
  text: 'TextDelta',
  reasoning: 'ReasoningDelta',
  image: 'ImageAdded',
  toolCall: 'ToolCallChanged',
  fellBack: 'ResponseFellBack',
  finished: 'ResponseFinished',
} as const;

export type EventOf<Type extends ResponseEventShape['type']> = Extract<ResponseEventShape, { type: Type }>;

builder.objectRef<EventOf<'started'>>('ResponseStarted').implement({
  interfaces: [ResponseEvent],
  fields: (t) => ({
    servedBy: t.field({
      type: Model,
      resolve: ({ servedBy }, _args, { catalogue }) => knownModel(catalogue, servedBy),
    }),
    attempt: t.exposeInt('attempt', { description: 'Counted from 1.' }),
  }),
});

builder.objectRef<EventOf<'text'>>('TextDelta').implement({
  interfaces: [ResponseEvent],
  fields: (t) => ({
    modelId: t.exposeID('modelId', { description: 'The model that writes: after a fallback the one that stepped in.' }),
    partIndex: t.exposeInt('partIndex', { description: 'The index of the part that it belongs to.' }),
    offset: t.exposeInt('offset', {
      description:
        'Where it begins in the text of its kind, over all parts, in UTF-16 code units (as JavaScript counts a string’s length).',
    }),
    text: t.exposeString('text'),
    outputTokens: t.exposeInt('outputTokens', {
      description: 'An estimate so far, for a meter that moves; the true figure comes with ResponseFinished.',
    }),
  }),
});

builder.objectRef<EventOf<'reasoning'>>('ReasoningDelta').implement({
  interfaces: [ResponseEvent],
  fields: (t) => ({
    modelId: t.exposeID('modelId', { description: 'The model that writes: after a fallback the one that stepped in.' }),
    partIndex: t.exposeInt('partIndex', { description: 'The index of the part that it belongs to.' }),
    offset: t.exposeInt('offset', {
      description:
        'Where it begins in the text of its kind, over all parts, in UTF-16 code units (as JavaScript counts a string’s length).',
    }),
    text: t.exposeString('text'),
  }),
});

builder.objectRef<EventOf<'image'>>('ImageAdded').implement({
  description: 'An image that the model made is kept and can be shown, in the place of its part.',
  interfaces: [ResponseEvent],
  fields: (t) => ({ part: t.expose('part', { type: ImagePart }) }),
});

builder.objectRef<EventOf<'fellBack'>>('ResponseFellBack').implement({
  interfaces: [ResponseEvent],
  fields: (t) => ({
    from: t.field({ type: Model, resolve: ({ from }, _args, { catalogue }) => knownModel(catalogue, from) }),
    to: t.field({ type: Model, resolve: ({ to }, _args, { catalogue }) => knownModel(catalogue, to) }),
    failure: t.expose('failure', { type: ResponseFailure }),
  }),
});

builder.objectRef<EventOf<'finished'>>('ResponseFinished').implement({
  interfaces: [ResponseEvent],
  fields: (t) => ({
    response: t.expose('response', { type: Response }),
  }),
});

const PartOffset = builder.inputType('PartOffset', {
  fields: (t) => ({
    index: t.int({ required: true }),
    offset: t.int({ required: true, description: 'From the part’s beginning, in UTF-16 code units.' }),
  }),
});

const ResumePoint = builder.inputType('ResumePoint', {
  fields: (t) => ({
    responseId: t.id({ required: true }),
    textOffset: t.int({ required: true, defaultValue: 0 }),
    reasoningOffset: t.int({ required: true, defaultValue: 0 }),
    parts: t.field({
      type: [PartOffset],
      description:
        'How far single parts were read, in place of the two offsets: everything before the last named part of a kind counts as read.',
    }),
  }),
});

builder.subscriptionField('streamResponse', (t) =>
  t.withAuth(following).field({
    skipTypeScopes: true,
    type: ResponseEvent,
    description:
      'A turn’s responses as they are written: every model’s deltas on one stream, ending when all are final. It may be opened at any time, by several clients at once: it first brings each response up to date from its resume point (from the start without one), then follows live.',
    args: {
      turnId: t.arg.id({ required: true }),
      resume: t.arg({ type: [ResumePoint] }),
      paced: t.arg.boolean({
        defaultValue: true,
        description:
          'Whether the answers of a blind turn come at one pace, that of the slowest. False shows them as they come, and marks the turn.',
      }),
    },
    subscribe: (_root, { turnId, resume, paced }, context) =>
      followTurn(context, {
        userId: context.viewer.id,
        turnId: localId('Turn', turnId),
        resume: toResumePoints(resume ?? []),
        paced: paced ?? true,
      }),
    resolve(event, _args, context) {
      forgetLoaded(context);
      return event;
    },
  }),
);

function toResumePoints(points: readonly ResumePointShape[]): ResumePointShape[] {
  return points.map((point) => ({ ...point, responseId: localId('Response', point.responseId) }));
}
