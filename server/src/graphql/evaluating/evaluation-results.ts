import { knownModel } from '../../domain/catalogue/catalogue.ts';
import { requireEvaluation } from '../../domain/evaluating/evaluations.ts';
import { judgePair, nextPair, type ShownPair } from '../../domain/evaluating/judging-queue.ts';
import {
  type Agreement as AgreementShape,
  type AnswerRow,
  agreementIn,
  type Cell,
  type Decision,
  decisionIn,
  type MatrixRow,
  matrixOf,
  openAnswers,
  openFigures,
  type Regression as RegressionShape,
  type Regressions as RegressionsShape,
  regressionsIn,
  type Score,
  sumsOf,
} from '../../domain/evaluating/results.ts';
import { builder, prompting } from '../ground/builder.ts';
import type { GraphQLContext } from '../ground/context.ts';
import { localId } from '../ground/ids.ts';
import { Model } from '../model.ts';
import { ResponseStatus } from '../response.ts';
import { Evaluation, ofOwner, SUMS_COST } from './evaluation.ts';

const PAGE_MAX = 100;

/** Complexity of comparing two evaluations: all their answers are measured. */
const REGRESSIONS_COST = 5_000;

const EvaluationScore = builder.objectRef<Score>('EvaluationScore').implement({
  fields: (t) => ({ wins: t.exposeInt('wins'), losses: t.exposeInt('losses'), ties: t.exposeInt('ties') }),
});

interface ModelCell extends Cell {
  modelId: string;
}

const EvaluationCell = builder.objectRef<ModelCell>('EvaluationCell').implement({
  description: 'A model’s answers to one prompt, or to all of them, in figures.',
  fields: (t) => ({
    model: t.field({ type: Model, resolve: ({ modelId }, _args, { catalogue }) => knownModel(catalogue, modelId) }),
    answers: t.exposeInt('answers', { description: 'Those that were begun.' }),
    completed: t.exposeInt('completed'),
    running: t.exposeInt('live'),
    failed: t.int({
      description: 'Ended, and not complete: failed, stopped or interrupted.',
      resolve: ({ answers, completed, live }) => answers - completed - live,
    }),
    credits: t.expose('credits', {
      type: 'Credits',
      nullable: true,
      description:
        'Null, as are the lengths, while the viewer judges the prompt blind: its two answers could be told apart by them. The sum is null while the evaluation is at work, or if fewer than five prompts are judged blind.',
    }),
    characters: t.exposeFloat('characters', { nullable: true, description: 'On average.' }),
    outputTokens: t.exposeFloat('output_tokens', { nullable: true, description: 'On average.' }),
    firstTokenMs: t.exposeFloat('first_token_ms', { nullable: true, description: 'The median.' }),
    judge: t.expose('judge', { type: EvaluationScore, description: 'By the judge model.' }),
    people: t.expose('people', {
      type: EvaluationScore,
      nullable: true,
      description:
        'By people who judged blind; of each pair the first verdict counts. Null: the viewer has not judged all pairs of this prompt, nor opened its answers, and so still judges it blind. The sum leaves out prompts of which they have judged but some pairs.',
    }),
  }),
});

const EvaluationMatrixRow = builder.objectRef<MatrixRow & { modelIds: string[] }>('EvaluationMatrixRow').implement({
  fields: (t) => ({
    position: t.exposeInt('position', { description: 'From 0; `after` of the next page.' }),
    prompt: t.exposeString('prompt'),
    reference: t.exposeString('reference', { nullable: true }),
    topic: t.exposeString('topic', { nullable: true }),
    cells: t.field({
      type: [EvaluationCell],
      description: 'One a model, in the evaluation’s order.',
      resolve: ({ cells, modelIds }) => withModels(cells, modelIds),
    }),
  }),
});

function withModels(cells: readonly Cell[], modelIds: readonly string[]): ModelCell[] {
  return cells.map((cell) => ({ ...cell, modelId: modelIds[cell.lane] ?? '' }));
}

const EvaluationAgreement = builder.objectRef<AgreementShape>('EvaluationAgreement').implement({
  description: 'How the judge model and people agree on the pairs that both have judged.',
  fields: (t) => ({
    pairs: t.exposeInt('count'),
    agreed: t.exposeFloat('agreed', { description: 'The share of pairs on which they say the same.' }),
    kappa: t.exposeFloat('kappa', {
      nullable: true,
      description: 'Cohen’s: 1 is full agreement, 0 what chance would give. Null: not defined yet.',
    }),
    kappaLow: t.exposeFloat('low', { nullable: true, description: 'The 95 % interval.' }),
    kappaHigh: t.exposeFloat('high', { nullable: true }),
  }),
});

const EvaluationEvidence = builder.objectRef<Decision['pairs'][number]>('EvaluationEvidence').implement({
  fields: (t) => ({
    a: t.field({ type: Model, resolve: ({ a }, _args, { catalogue }) => knownModel(catalogue, a) }),
    b: t.field({ type: Model, resolve: ({ b }, _args, { catalogue }) => knownModel(catalogue, b) }),
    aWins: t.exposeInt('aWins', { description: 'Prompts that a won.' }),
    bWins: t.exposeInt('bWins'),
    evidence: t.exposeFloat('evidence', { description: 'Against “neither is better”; ties are left out.' }),
    needed: t.exposeFloat('needed', { description: 'From here on the pair is decided: 20 times the number of pairs.' }),
  }),
});

const EvaluationDecision = builder.objectRef<Decision>('EvaluationDecision').implement({
  fields: (t) => ({
    byJudgeModel: t.boolean({ description: 'Else by people.', resolve: ({ by }) => by === 'JUDGES' }),
    best: t.field({
      type: Model,
      nullable: true,
      description: 'The model that is better than all others; null: that cannot be said yet.',
      resolve: ({ bestModelId: id }, _args, { catalogue }) => (id === null ? null : knownModel(catalogue, id)),
    }),
    pairs: t.expose('pairs', { type: [EvaluationEvidence], complexity: { multiplier: 10 } }),
  }),
});

const RegressionKind = builder.enumType('RegressionKind', {
  values: {
    FAILURES: { description: 'More answers failed; shares.' },
    WINS: { description: 'Comparisons were lost that were won before; shares.' },
    PRICE: { description: 'An answer costs over a third more; credits.' },
    LENGTH: { description: 'Answers are over a third longer or shorter; characters.' },
  } as const,
});

const Regression = builder.objectRef<RegressionShape>('Regression').implement({
  fields: (t) => ({
    kind: t.expose('kind', { type: RegressionKind }),
    prompt: t.exposeString('prompt'),
    model: t.field({ type: Model, resolve: ({ modelId }, _args, { catalogue }) => knownModel(catalogue, modelId) }),
    before: t.exposeFloat('before'),
    now: t.exposeFloat('now'),
  }),
});

const EvaluationRegressions = builder.objectRef<RegressionsShape>('EvaluationRegressions').implement({
  description: 'What became worse since the last evaluation of the same set, by prompt and model.',
  fields: (t) => ({
    since: t.expose('since', { type: Evaluation }),
    total: t.exposeInt('total', { description: 'How much became worse in all.' }),
    regressions: t.expose('regressions', {
      type: [Regression],
      complexity: { multiplier: PAGE_MAX },
      description:
        'The worst first: failures, then lost comparisons, prices and lengths, of each the largest change first.',
    }),
  }),
});

builder.objectFields(Evaluation, (t) => ({
  matrix: t.field({
    ...ofOwner,
    type: [EvaluationMatrixRow],
    complexity: ({ first }) => ({ field: SUMS_COST, multiplier: pageOf(first) }),
    args: { first: t.arg.int({ defaultValue: 50 }), after: t.arg.int() },
    resolve: async (evaluation, { first, after }, { db, viewer }) => {
      const page = { viewerId: viewer?.id ?? '', limit: pageOf(first), ...(after != null && { after }) };
      const rows = await matrixOf(db, evaluation, page);
      return rows.map((row) => ({ ...row, modelIds: evaluation.model_ids }));
    },
  }),
  sums: t.field({
    ...ofOwner,
    type: [EvaluationCell],
    complexity: { field: SUMS_COST },
    description: 'One a model, over all prompts.',
    resolve: async (evaluation, _args, { db, viewer }) =>
      withModels(await sumsOf(db, evaluation, viewer?.id ?? ''), evaluation.model_ids),
  }),
  agreement: t.field({
    ...ofOwner,
    type: EvaluationAgreement,
    nullable: true,
    complexity: { field: SUMS_COST },
    description: 'Null: no model judges.',
    resolve: (evaluation, _args, { db }) => (evaluation.judge_model_id === null ? null : agreementIn(db, evaluation)),
  }),
  decision: t.field({
    ...ofOwner,
    type: EvaluationDecision,
    complexity: { field: SUMS_COST },
    resolve: (evaluation, _args, { db, viewer }) => decisionIn(db, evaluation, viewer?.id ?? ''),
  }),
  regressions: t.field({
    ...ofOwner,
    type: EvaluationRegressions,
    nullable: true,
    complexity: { field: REGRESSIONS_COST },
    description: `Null: it is the first evaluation of its set. At most ${PAGE_MAX}. Prompts that the viewer still judges blind are told by failures and the judge model alone.`,
    args: { first: t.arg.int({ defaultValue: 50 }) },
    resolve: (evaluation, { first }, { db, viewer }) =>
      regressionsIn(db, evaluation, { viewerId: viewer?.id ?? '', first: pageOf(first) }),
  }),
}));

function pageOf(first: number | null | undefined): number {
  return Math.max(0, Math.min(first ?? 50, PAGE_MAX));
}

const EvaluationAnswer = builder.objectRef<AnswerRow>('EvaluationAnswer').implement({
  fields: (t) => ({
    model: t.field({ type: Model, resolve: ({ model_id }, _args, { catalogue }) => knownModel(catalogue, model_id) }),
    repeat: t.exposeInt('repeat', { description: 'From 0.' }),
    status: t.expose('status', { type: ResponseStatus }),
    servedBy: t.field({
      type: Model,
      nullable: true,
      resolve: ({ served_by }, _args, { catalogue }) => (served_by === null ? null : knownModel(catalogue, served_by)),
    }),
    text: t.exposeString('text', { description: 'Empty while it is being written.' }),
    failure: t.exposeString('failure_message', { nullable: true }),
    creditsCharged: t.expose('credits_charged', { type: 'Credits', nullable: true }),
    outputTokens: t.exposeInt('output_tokens', { nullable: true }),
    firstTokenMs: t.exposeInt('first_token_ms', { nullable: true }),
    durationMs: t.exposeInt('duration_ms', { nullable: true }),
  }),
});

const OpenedAnswers = builder.objectRef<Awaited<ReturnType<typeof openAnswers>>>('OpenedAnswers').implement({
  fields: (t) => ({
    prompt: t.string({ resolve: ({ item }) => item.prompt }),
    reference: t.string({ nullable: true, resolve: ({ item }) => item.reference }),
    answers: t.expose('answers', { type: [EvaluationAnswer], complexity: { multiplier: 10 } }),
  }),
});

const EvaluationPair = builder.objectRef<ShownPair>('EvaluationPair').implement({
  description: 'Two answers without their models’ names.',
  fields: (t) => ({
    id: t.globalID({ resolve: ({ id }) => ({ type: 'EvaluationPair', id }) }),
    prompt: t.exposeString('prompt'),
    reference: t.exposeString('reference', { nullable: true }),
    topic: t.exposeString('topic', { nullable: true }),
    answerA: t.exposeString('answerA'),
    answerB: t.exposeString('answerB'),
    judged: t.exposeInt('judged', { description: 'Pairs that the viewer has judged.' }),
    left: t.exposeInt('left', { description: 'Pairs that are left for the viewer, this one among them.' }),
  }),
});

const PairVerdict = builder.enumType('PairVerdict', {
  values: {
    A: { description: 'Answer A is better.' },
    B: { description: 'Answer B is better.' },
    TIE: { description: 'Both are equally good.' },
    ALL_BAD: { description: 'Neither is good enough.' },
  } as const,
});

const JudgedPair = builder.objectRef<{ evaluationId: string; next: ShownPair | null }>('JudgedPair').implement({
  fields: (t) => ({
    next: t.expose('next', { type: EvaluationPair, nullable: true, description: 'Null: there is no other one.' }),
    evaluation: t.field({
      type: Evaluation,
      resolve: ({ evaluationId }, _args, { db, viewer }: GraphQLContext) =>
        requireEvaluation(db, viewer?.id ?? '', evaluationId),
    }),
  }),
});

builder.mutationFields((t) => ({
  openEvaluationAnswers: t.withAuth(prompting).field({
    skipTypeScopes: true,
    type: OpenedAnswers,
    description:
      'All answers to a prompt beside their models’ names. It is noted: whoever has read them does not judge this prompt blind any more.',
    args: { id: t.arg.id({ required: true }), position: t.arg.int({ required: true }) },
    resolve: (_root, { id, position }, { db, viewer }) =>
      openAnswers(db, viewer.id, localId('Evaluation', id), position),
  }),
  openEvaluationFigures: t.withAuth(prompting).field({
    skipTypeScopes: true,
    type: Evaluation,
    description:
      'Shows the owner lengths and prices of all prompts. It is noted: none of them is judged blind by its owner any more.',
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, { db, viewer }) => openFigures(db, viewer.id, localId('Evaluation', id)),
  }),
  nextEvaluationPair: t.withAuth({ signedIn: true }).field({
    type: EvaluationPair,
    nullable: true,
    description:
      'The next pair for the viewer to judge; null: there is none. The server chooses pair and order, so that both orders are shown equally often, and gives the same one until it is judged.',
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, { db, viewer }) => nextPair(db, viewer.id, localId('Evaluation', id)),
  }),
  judgeEvaluationPair: t.withAuth({ signedIn: true }).field({
    type: JudgedPair,
    args: { pairId: t.arg.id({ required: true }), verdict: t.arg({ type: PairVerdict, required: true }) },
    resolve: async (_root, { pairId, verdict }, context) => {
      const { db, viewer } = context;
      const evaluationId = await judgePair(context, viewer.id, {
        id: localId('EvaluationPair', pairId),
        letter: verdict,
      });
      return { evaluationId, next: await nextPair(db, viewer.id, evaluationId) };
    },
  }),
}));
