import { knownModel, knownProvider } from '../../domain/catalogue/catalogue.ts';
import { continueShared } from '../../domain/sharing/continuing.ts';
import { requireFewActs } from '../../domain/sharing/reader-limits.ts';
import {
  readShared,
  type SharedAnswer as SharedAnswerShape,
  type SharedConversation as SharedConversationShape,
  type SharedFigures as SharedFiguresShape,
  type SharedFile as SharedFileShape,
  type SharedPart as SharedPartShape,
  type SharedTurn as SharedTurnShape,
} from '../../domain/sharing/shared-conversation.ts';
import { judgeShared, type ReaderVerdicts, readerVerdictsOf } from '../../domain/sharing/verdicts.ts';
import { Conversation } from '../conversation.ts';
import { FileKind } from '../files/file.ts';
import { builder, forMembers, prompting } from '../ground/builder.ts';
import { VerdictKind } from '../judging/verdict.ts';
import { Citation, ResponseStatus } from '../response.ts';

/*
 * What readers of a share are told. These types lead to no others: nothing else of its member can be asked through them.
 */

interface InShare<Shape> {
  shape: Shape;
  shared: SharedConversationShape;
}

const SharedFile = builder.objectRef<InShare<SharedFileShape>>('SharedFile').implement({
  description: 'A file of a prompt, or a picture that a model made.',
  fields: (t) => ({
    name: t.string({ resolve: ({ shape }) => shape.file.name }),
    kind: t.field({ type: FileKind, resolve: ({ shape }) => shape.file.kind }),
    mediaType: t.string({ resolve: ({ shape }) => shape.file.media_type }),
    bytes: t.int({ resolve: ({ shape }) => shape.file.bytes }),
    pages: t.int({ nullable: true, resolve: ({ shape }) => shape.file.pages }),
    width: t.int({ nullable: true, resolve: ({ shape }) => shape.file.width }),
    height: t.int({ nullable: true, resolve: ({ shape }) => shape.file.height }),
    url: t.string({
      description: 'A path of this server, below the share’s own.',
      resolve: (file, _args, { basePath }) => pathOf(file, basePath),
    }),
    thumbnailUrl: t.string({
      nullable: true,
      description: 'A WebP of at most 320 × 320 pixels; null: there is none.',
      resolve: (file, _args, { basePath }) =>
        file.shape.file.thumbnail_hash === null ? null : `${pathOf(file, basePath)}/thumbnail`,
    }),
  }),
});

function pathOf({ shape, shared }: InShare<SharedFileShape>, basePath: string): string {
  return `${basePath}/s/${shared.share.key}/files/${shape.number}`;
}

interface NamedModel {
  name: string;
  providerId: string;
  providerName: string;
}

const SharedModel = builder.objectRef<NamedModel>('SharedModel').implement({
  fields: (t) => ({
    name: t.exposeString('name'),
    providerId: t.exposeString('providerId'),
    providerName: t.exposeString('providerName'),
  }),
});

const SharedFigures = builder.objectRef<SharedFiguresShape>('SharedFigures').implement({
  fields: (t) => ({
    credits: t.expose('credits', { type: 'Credits', nullable: true }),
    inputTokens: t.exposeInt('inputTokens', { nullable: true }),
    outputTokens: t.exposeInt('outputTokens', { nullable: true }),
    firstTokenMs: t.exposeInt('firstTokenMs', { nullable: true }),
    durationMs: t.exposeInt('durationMs', { nullable: true }),
  }),
});

const SharedPart = builder.objectRef<InShare<SharedPartShape>>('SharedPart').implement({
  description: 'A text or a picture, in the order of the answer. What the model thought is never shared.',
  fields: (t) => ({
    text: t.string({ nullable: true, resolve: ({ shape }) => shape.text }),
    image: t.field({
      type: SharedFile,
      nullable: true,
      resolve: ({ shape, shared }) => shape.image && { shape: shape.image, shared },
    }),
  }),
});

const SharedAnswer = builder.objectRef<InShare<SharedAnswerShape>>('SharedAnswer').implement({
  fields: (t) => ({
    letter: t.string({
      nullable: true,
      description: 'What it is called for this reader where they are asked for a verdict: A, B, …. Else null.',
      resolve: ({ shape }) => shape.letter,
    }),
    model: t.field({
      type: SharedModel,
      nullable: true,
      description: 'Null until the reader has judged, where they are asked to.',
      resolve: ({ shape: { modelId } }, _args, { catalogue }) => modelNamed(catalogue, modelId),
    }),
    stoodIn: t.field({
      type: SharedModel,
      nullable: true,
      description: 'The model that answered in its place; null: none did.',
      resolve: ({ shape: { stoodInId } }, _args, { catalogue }) => modelNamed(catalogue, stoodInId),
    }),
    status: t.field({ type: ResponseStatus, resolve: ({ shape }) => shape.status }),
    parts: t.field({
      type: [SharedPart],
      complexity: { multiplier: 2 },
      resolve: ({ shape, shared }) => shape.parts.map((part) => ({ shape: part, shared })),
    }),
    refusal: t.string({ nullable: true, resolve: ({ shape }) => shape.refusal }),
    citations: t.field({ type: [Citation], complexity: { multiplier: 2 }, resolve: ({ shape }) => shape.citations }),
    merged: t.boolean({ description: 'Whether it was made of the others.', resolve: ({ shape }) => shape.merged }),
    compared: t.boolean({
      description: 'Whether a verdict on this share compares it.',
      resolve: ({ shape }) => shape.compared,
    }),
    figures: t.field({
      type: SharedFigures,
      nullable: true,
      description: 'Null unless its member wishes to show them.',
      resolve: ({ shape }) => shape.figures,
    }),
  }),
});

function modelNamed(catalogue: Parameters<typeof knownModel>[0], id: string | null): NamedModel | null {
  if (id === null) return null;
  const { name, providerId } = knownModel(catalogue, id);
  return { name, providerId, providerName: knownProvider(catalogue, providerId).name };
}

const SharedTurn = builder.objectRef<InShare<SharedTurnShape>>('SharedTurn').implement({
  fields: (t) => ({
    prompt: t.string({ resolve: ({ shape }) => shape.prompt }),
    files: t.field({
      type: [SharedFile],
      complexity: { multiplier: 2 },
      resolve: ({ shape, shared }) => shape.files.map((file) => ({ shape: file, shared })),
    }),
    answers: t.field({
      type: [SharedAnswer],
      complexity: { multiplier: 3 },
      description: 'By lane; where the reader is asked for a verdict, in an order of their own.',
      resolve: ({ shape, shared }) => shape.answers.map((answer) => ({ shape: answer, shared })),
    }),
  }),
});

interface VerdictSums {
  verdicts: ReaderVerdicts;
  shared: SharedConversationShape;
}

const SharedVerdicts = builder.objectRef<VerdictSums>('SharedVerdicts').implement({
  description: 'How often readers said what of the last turn’s answers.',
  fields: (t) => ({
    count: t.int({ resolve: ({ verdicts }) => verdicts.count }),
    best: t.field({
      type: ['Int'],
      description: 'How often each of the last turn’s answers was said to be the best, in their order.',
      resolve: ({ verdicts, shared }) =>
        (shared.turns.at(-1)?.answers ?? []).map(({ responseId }) => verdicts.best.get(responseId) ?? 0),
    }),
    ties: t.int({ resolve: ({ verdicts }) => verdicts.ties }),
    allBad: t.int({ resolve: ({ verdicts }) => verdicts.allBad }),
  }),
});

const ReaderVerdictSums = builder.objectRef<{ members: VerdictSums; others: VerdictSums }>('ReaderVerdicts').implement({
  fields: (t) => ({
    members: t.expose('members', {
      type: SharedVerdicts,
      description: 'Of members beside the one who shares. They count like any blind verdict.',
    }),
    others: t.expose('others', {
      type: SharedVerdicts,
      description: 'Of people without an account, one for each browser and address. They count here only.',
    }),
  }),
});

const SharedConversation = builder.objectRef<SharedConversationShape>('SharedConversation').implement({
  description: 'A branch that a member shows to others, frozen as it was then. It has no system prompt.',
  fields: (t) => ({
    title: t.string({ resolve: ({ share }) => share.title }),
    sharedBy: t.string({
      nullable: true,
      description: 'The member who shares it, if they wish to be named.',
      resolve: ({ share }) => (share.with_name ? share.owner_name : null),
    }),
    sharedAt: t.field({ type: 'DateTime', resolve: ({ share }) => share.created_at }),
    forMembers: t.boolean({
      description: 'Whether members only may read it.',
      resolve: ({ share }, _args, { sharing }) => share.audience === 'MEMBERS' || !sharing.rule.allows('LINK'),
    }),
    own: t.exposeBoolean('isOwn', { description: 'Whether the viewer shares it.' }),
    asksVerdict: t.boolean({ resolve: ({ share }) => share.asks_verdict }),
    hidden: t.exposeBoolean('hidden', {
      description:
        'Whether the reader is to judge the last turn’s answers, by judgeShared, before the models are told.',
    }),
    newReader: t.string({
      nullable: true,
      description:
        'A token for a reader without one, to be sent from now on in the cookie polylogue_reader: it keeps the order of the answers, and one verdict for each browser.',
      resolve: ({ newToken }) => newToken,
    }),
    verdicts: t.field({
      type: ReaderVerdictSums,
      nullable: true,
      description: 'Null where none are asked, and before the reader’s own.',
      resolve: async (shared, _args, { db }) => {
        if (!shared.share.asks_verdict || shared.hidden) return null;
        const { members, others } = await readerVerdictsOf(db, shared.share);
        return { members: { verdicts: members, shared }, others: { verdicts: others, shared } };
      },
    }),
    turns: t.field({
      type: [SharedTurn],
      complexity: { multiplier: 5 },
      description: 'Oldest first.',
      resolve: (shared) => shared.turns.map((shape) => ({ shape, shared })),
    }),
  }),
});

builder.queryField('sharedConversation', (t) =>
  t.field({
    type: SharedConversation,
    nullable: true,
    description:
      'What a share shows, for clients that are signed out too. Null if there is none of this key that the reader may read: an unknown, an expired, an ended one, and one that is for members look the same.',
    args: { key: t.arg.string({ required: true, description: 'The end of Share.url.' }) },
    async resolve(_root, { key }, { sharing, reader, readerLimits }) {
      await requireFewActs(readerLimits, reader, 'waitToRead');
      return readShared(sharing, key, reader);
    },
  }),
);

/** Complexity of a copy: the answers and files are written anew. */
const COPYING_COST = 15_000;

builder.mutationField('continueShared', (t) =>
  t.withAuth(prompting).field({
    skipTypeScopes: true,
    type: Conversation,
    complexity: forMembers(COPYING_COST),
    description:
      'Copies what a share shows into a new conversation of the viewer’s, who pays for what they ask there from then on. The answers cost nothing; files count into what the viewer may keep. Refused before the verdict that the share asks for.',
    args: { key: t.arg.string({ required: true }) },
    resolve: (_root, { key }, { sharing, catalogue, reader, viewer }) =>
      continueShared({ ...sharing, catalogue }, viewer, { key, reader }),
  }),
);

/** Complexity of a member's verdict: the answers are read and searched for names. */
const JUDGING_COST = 5_000;

const JudgeSharedInput = builder.inputType('JudgeSharedInput', {
  fields: (t) => ({
    key: t.string({ required: true }),
    kind: t.field({ type: VerdictKind, required: true }),
    bestLetters: t.stringList({
      description: 'BEST: the one; TIE: those that tie, absent: all that are compared; ALL_BAD: none.',
    }),
  }),
});

builder.mutationField('judgeShared', (t) =>
  t.field({
    type: SharedConversation,
    complexity: forMembers(JUDGING_COST),
    description:
      'Says which of a share’s answers is best, and returns it with its models. A member’s is a blind verdict on the turn; one of somebody who is signed out is counted with the share only, and needs the cookie polylogue_reader.',
    args: { input: t.arg({ type: JudgeSharedInput, required: true }) },
    async resolve(_root, { input: { key, ...ballot } }, { sharing, reader, readerLimits, catalogue, notifications }) {
      await requireFewActs(readerLimits, reader, 'waitToJudge');
      return judgeShared({ ...sharing, catalogue, notifications }, key, { reader, ballot });
    },
  }),
);
