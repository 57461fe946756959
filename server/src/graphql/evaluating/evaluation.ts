import { knownModel } from '../../domain/catalogue/catalogue.ts';
import { SENDINGS_MAX } from '../../domain/evaluating/evaluation-quote.ts';
import {
  deleteEvaluation,
  EVALUATIONS_MAX,
  type EvaluationQuote as EvaluationQuoteShape,
  type EvaluationRow,
  findEvaluations,
  findEvaluationsById,
  openEvaluation,
  pauseEvaluation,
  quoteEvaluation,
  RUNNING_MAX,
  resumeEvaluation,
  runEvaluation,
  stopEvaluation,
} from '../../domain/evaluating/evaluations.ts';
import { type Progress, progressOf } from '../../domain/evaluating/results.ts';
import {
  InsufficientCreditsError,
  InvalidInputError,
  ModelUnavailableError,
  NotFoundError,
  RateLimitError,
  TierLimitError,
} from '../../domain/ground/errors.ts';
import { encodeGlobalId } from '../../domain/ground/global-ids.ts';
import type { Viewer } from '../../domain/people/members.ts';
import { payerOfId } from '../../domain/people/paying-team.ts';
import { Conversation } from '../conversation.ts';
import { builder, forMembers, prompting } from '../ground/builder.ts';
import type { GraphQLContext } from '../ground/context.ts';
import { localId } from '../ground/ids.ts';
import { Model } from '../model.ts';
import { PayingTeam } from '../payer.ts';
import { ParametersInput } from '../turn.ts';
import { Audience, teamIdOf } from './prompt-set.ts';

export const Evaluation = builder.loadableNodeRef('Evaluation', {
  id: { resolve: ({ id }: EvaluationRow) => id },
  load: async (ids: string[], { db, viewer }: GraphQLContext) =>
    viewer ? findEvaluationsById(db, viewer.id, ids) : [],
  toKey: ({ id }) => id,
  sort: true,
});

const EvaluationState = builder.enumType('EvaluationState', {
  values: {
    RUNNING: { description: 'Prompts are sent, one after the other.' },
    PAUSED: { description: 'Nothing is sent until it is resumed; pause says why.' },
    DONE: { description: 'All is asked, or the question is decided.' },
    STOPPED: { description: 'Its owner ended it.' },
  } as const,
});

const PauseCode = builder.enumType('PauseCode', {
  values: {
    MEMBER: { description: 'Its owner paused it.' },
    CREDITS: { description: 'The payer’s credits, or a limit of theirs, do not reach for the next prompt.' },
    LIMIT: { description: 'The evaluation’s own limit is reached.' },
    REFUSED: { description: 'The next prompt was refused: a model or the payer is not there any more.' },
    ACCOUNT: { description: 'Its owner’s account is suspended.' },
  } as const,
});

const EvaluationPause = builder
  .objectRef<{ code: typeof PauseCode.$inferType; message: string | null }>('EvaluationPause')
  .implement({
    fields: (t) => ({
      code: t.expose('code', { type: PauseCode }),
      message: t.exposeString('message', { nullable: true }),
    }),
  });

const EvaluationProgress = builder.objectRef<Progress>('EvaluationProgress').implement({
  description: 'A sending is one prompt to all models; with repeats there are several of each prompt.',
  fields: (t) => ({
    prompts: t.exposeInt('prompts'),
    waiting: t.exposeInt('waiting', { description: 'Sendings to come.' }),
    running: t.exposeInt('asked', { description: 'Sendings whose answers are being written.' }),
    ended: t.exposeInt('ended'),
    refused: t.exposeInt('refused', {
      description: 'Sendings that could not be made, as of a prompt that is too long.',
    }),
    cutOff: t.exposeInt('cutOff', {
      description:
        'Answers that ended half-written with their server. What they had written was charged, so that they are not asked for again; those that had cost nothing are.',
    }),
    credits: t.expose('credits', { type: 'Credits', description: 'Charged so far, or held now.' }),
    pairs: t.exposeInt('pairs', { description: 'Two answers that can be compared.' }),
    judged: t.exposeInt('judged', { description: 'Pairs that the judge model has read in both orders.' }),
    abstained: t.exposeInt('abstained', {
      description: 'Those of them on which it does not say the same both times, or nothing that counts.',
    }),
    verdicts: t.exposeInt('verdicts', { description: 'Of people.' }),
    blindVerdicts: t.exposeInt('blind'),
    people: t.exposeInt('people', { description: 'How many people gave them.' }),
  }),
});

/** What only its owner sees: the others judge, and know neither models nor figures. */
export const ofOwner = {
  authScopes: ({ user_id }: EvaluationRow, _args: unknown, { viewer }: GraphQLContext) => user_id === viewer?.id,
};

/** How many sums of rows an evaluation's figures take. */
export const SUMS_COST = 300;

Evaluation.implement({
  description:
    'The prompts of a set, sent to several models, whose answers are compared. Those who may only judge see its name and state.',
  fields: (t) => ({
    name: t.exposeString('set_name', { description: 'That of the set when it began.' }),
    own: t.boolean({ resolve: ({ user_id }, _args, { viewer }) => user_id === viewer?.id }),
    ownerName: t.exposeString('owner_name'),
    setId: t.id({
      nullable: true,
      description: 'The set with whose prompts it began; null: it was deleted.',
      resolve: ({ set_id }) => (set_id === null ? null : encodeGlobalId('PromptSet', set_id)),
    }),
    state: t.field({
      type: EvaluationState,
      resolve: ({ state }) => state as typeof EvaluationState.$inferType,
    }),
    pause: t.field({
      type: EvaluationPause,
      nullable: true,
      resolve: ({ pause_code, pause_message }) =>
        pause_code === null ? null : { code: pause_code as typeof PauseCode.$inferType, message: pause_message },
    }),
    models: t.field({
      ...ofOwner,
      type: [Model],
      resolve: ({ model_ids }, _args, { catalogue }) => model_ids.map((id) => knownModel(catalogue, id)),
    }),
    repeats: t.exposeInt('repeats'),
    judge: t.field({
      ...ofOwner,
      type: Model,
      nullable: true,
      description: 'The model that judges; null: only people do.',
      resolve: ({ judge_model_id: id }, _args, { catalogue }) => (id === null ? null : knownModel(catalogue, id)),
    }),
    rubric: t.exposeString('rubric', { ...ofOwner, nullable: true, description: 'Null: the default one.' }),
    judgeOfSameFamily: t.exposeBoolean('judge_of_family', {
      description: 'Whether the judge is of the same family as a model that it judges, and may prefer it.',
    }),
    payer: t.field({ ...ofOwner, type: PayingTeam, nullable: true, resolve: ({ payer_team_id }) => payer_team_id }),
    creditsMax: t.expose('credits_max', { ...ofOwner, type: 'Credits' }),
    stopEarly: t.exposeBoolean('stop_early'),
    decided: t.field({
      ...ofOwner,
      type: Model,
      nullable: true,
      description: 'The model that was found to be better than all others, whereupon nothing more was sent.',
      resolve: ({ decided_model_id: id }, _args, { catalogue }) => (id === null ? null : knownModel(catalogue, id)),
    }),
    judgedBy: t.expose('judged_by', { type: Audience, description: 'Who may judge beside its owner.' }),
    judgingTeam: t.field({ type: PayingTeam, nullable: true, resolve: ({ judging_team_id }) => judging_team_id }),
    progress: t.field({
      ...ofOwner,
      type: EvaluationProgress,
      complexity: { field: SUMS_COST },
      resolve: (evaluation, _args, { db }) => progressOf(db, evaluation),
    }),
    createdAt: t.expose('created_at', { type: 'DateTime' }),
    finishedAt: t.expose('finished_at', { type: 'DateTime', nullable: true }),
  }),
});

builder.objectField(Conversation, 'evaluation', (t) =>
  t.field({
    type: Evaluation,
    nullable: true,
    description:
      'The evaluation whose prompt it holds. Such a conversation is in no list, no search finds it, and no prompt goes on in it. Null: it is an ordinary one.',
    resolve: ({ evaluation_id }) => evaluation_id,
  }),
);

const JudgeInput = builder.inputType('JudgeInput', {
  fields: (t) => ({
    modelId: t.id({ required: true }),
    rubric: t.string({ description: 'By what it judges; absent or blank: a default one.' }),
    allowSameFamily: t.boolean({
      defaultValue: false,
      description: 'Lets a model judge its own family, which is refused otherwise; the evaluation says so.',
    }),
  }),
});

const RunEvaluationInput = builder.inputType('RunEvaluationInput', {
  fields: (t) => ({
    setId: t.id({ required: true }),
    modelIds: t.idList({ required: true }),
    repeats: t.int({ defaultValue: 1, description: 'How often each prompt is sent.' }),
    parameters: t.field({ type: ParametersInput }),
    systemPrompt: t.string(),
    judge: t.field({ type: JudgeInput, description: 'Absent: only people judge.' }),
    payerId: t.id({ description: 'As in SendPromptInput.' }),
    creditsMax: t.field({
      type: 'Credits',
      description: 'It pauses before it could cost more. Absent: the most that it may cost.',
    }),
    stopEarly: t.boolean({
      defaultValue: false,
      description:
        'Ends once one model is found to be better than all others, with an error of at most 5 % however often that is looked at.',
    }),
  }),
});

const EvaluationQuote = builder.objectRef<EvaluationQuoteShape>('EvaluationQuote').implement({
  fields: (t) => ({
    sendings: t.exposeInt('sendings'),
    answers: t.exposeInt('answers'),
    judgings: t.exposeInt('judgings', { description: 'Questions to the judge: each two answers, in both orders.' }),
    expected: t.expose('expected', { type: 'Credits' }),
    maximum: t.expose('maximum', {
      type: 'Credits',
      description: 'The judge’s part is an estimate: see judgeMaximum.',
    }),
    judgeExpected: t.expose('judgeExpected', { type: 'Credits' }),
    judgeMaximum: t.expose('judgeMaximum', {
      type: 'Credits',
      description: 'If all answers are as long as they may be.',
    }),
    available: t.expose('available', { type: 'Credits', description: 'What the payer has for it now.' }),
    affordable: t.exposeBoolean('affordable', {
      description:
        'Whether it may begin: what it is likely to cost, within its limit, is there. It pauses where credits end.',
    }),
    judgeOfSameFamily: t.exposeBoolean('judgeOfFamily'),
  }),
});

const RunEvaluationPayload = builder.objectRef<{ evaluation: EvaluationRow }>('RunEvaluationPayload').implement({
  fields: (t) => ({ evaluation: t.expose('evaluation', { type: Evaluation }) }),
});

const RunEvaluationResult = builder.errorUnion('RunEvaluationResult', {
  types: [
    RunEvaluationPayload,
    InsufficientCreditsError,
    TierLimitError,
    RateLimitError,
    ModelUnavailableError,
    InvalidInputError,
    NotFoundError,
  ],
  resolveType: () => 'RunEvaluationPayload',
});

/** Complexity of planning an evaluation: all its texts are measured. */
const PLAN_COST = 15_000;

builder.queryFields((t) => ({
  evaluations: t.withAuth({ signedIn: true }).field({
    type: [Evaluation],
    complexity: { multiplier: EVALUATIONS_MAX },
    description: 'The viewer’s own, and those in which they may judge, newest first.',
    resolve: (_root, _args, { db, viewer }) => findEvaluations(db, viewer.id, { limit: EVALUATIONS_MAX }),
  }),
  quoteEvaluation: t.withAuth(prompting).field({
    skipTypeScopes: true,
    type: EvaluationQuote,
    complexity: forMembers(PLAN_COST),
    description: 'The most that the whole evaluation may cost, and what it is likely to cost.',
    args: { input: t.arg({ type: RunEvaluationInput, required: true }) },
    resolve: (_root, { input }, context) => quoteEvaluation(context, context.viewer, toInput(input, context.viewer)),
  }),
}));

builder.mutationFields((t) => ({
  runEvaluation: t.withAuth(prompting).field({
    skipTypeScopes: true,
    type: RunEvaluationResult,
    complexity: forMembers(PLAN_COST),
    description: `Begins an evaluation with the set’s prompts as they are now, and returns at once. Each prompt is sent as by sendPrompt, and its credits are held then. At most ${SENDINGS_MAX.toLocaleString('en')} sendings; a member has at most ${RUNNING_MAX} at work.`,
    args: { input: t.arg({ type: RunEvaluationInput, required: true }) },
    resolve: async (_root, { input }, context) => ({
      evaluation: await runEvaluation(context, context.viewer, toInput(input, context.viewer)),
    }),
  }),
  pauseEvaluation: t.withAuth(prompting).field({
    skipTypeScopes: true,
    type: Evaluation,
    description: 'Sends nothing more for now; what is being written ends.',
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, { db, viewer }) => pauseEvaluation(db, viewer.id, localId('Evaluation', id)),
  }),
  resumeEvaluation: t.withAuth(prompting).field({
    skipTypeScopes: true,
    type: Evaluation,
    args: {
      id: t.arg.id({ required: true }),
      creditsMax: t.arg({ type: 'Credits', description: 'A new limit; absent: it stays.' }),
    },
    resolve: (_root, { id, creditsMax }, context) =>
      resumeEvaluation(context, context.viewer.id, { id: localId('Evaluation', id), creditsMax: creditsMax ?? null }),
  }),
  stopEvaluation: t.withAuth(prompting).field({
    skipTypeScopes: true,
    type: Evaluation,
    description: 'Ends it before all is asked; what is being written ends, and what there is stays.',
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, { db, viewer }) => stopEvaluation(db, viewer.id, localId('Evaluation', id)),
  }),
  deleteEvaluation: t.withAuth(prompting).id({
    skipTypeScopes: true,
    description: 'Deletes it with all its answers. The ledger keeps its entries, and verdicts count on.',
    args: { id: t.arg.id({ required: true }) },
    resolve: async (_root, { id }, context) => {
      await deleteEvaluation(context, context.viewer.id, localId('Evaluation', id));
      return encodeGlobalId('Evaluation', localId('Evaluation', id));
    },
  }),
  openEvaluation: t.withAuth(prompting).field({
    skipTypeScopes: true,
    type: Evaluation,
    description: 'Says who may judge its answers, without their models’ names, beside its owner.',
    args: {
      id: t.arg.id({ required: true }),
      judgedBy: t.arg({ type: Audience, required: true }),
      teamId: t.arg.id(),
    },
    resolve: (_root, { id, judgedBy, teamId }, { db, viewer }) =>
      openEvaluation(db, viewer.id, { id: localId('Evaluation', id), judgedBy, teamId: teamIdOf(teamId) }),
  }),
}));

function toInput({ setId, payerId, ...input }: typeof RunEvaluationInput.$inferInput, viewer: Viewer) {
  return {
    ...input,
    setId: localId('PromptSet', setId),
    payer: payerId == null ? null : payerOfId(payerId, viewer),
  };
}
