import type { Quote as QuoteShape, SentTurn as SentTurnShape } from '../../domain/asking/prompt.ts';
import { encodeGlobalId } from '../../domain/ground/global-ids.ts';
import { FileForm, toFileForm } from '../files/file-form.ts';
import { builder, forMembers } from '../ground/builder.ts';
import { Model } from '../model.ts';
import { PayingTeam } from '../payer.ts';

const SentTurn = builder.objectRef<SentTurnShape>('SentTurn').implement({
  description: 'An earlier turn of the branch, as a model is sent it.',
  fields: (t) => ({
    turnId: t.id({ resolve: ({ turnId }) => encodeGlobalId('Turn', turnId) }),
    responseId: t.id({
      nullable: true,
      description: 'The response that answers it; null: none has a text.',
      resolve: ({ responseId }) => (responseId === null ? null : encodeGlobalId('Response', responseId)),
    }),
    sent: t.exposeBoolean('sent', {
      description: 'False: it is left out, because the model’s context window has no room for it.',
    }),
  }),
});

const ModelQuote = builder.objectRef<QuoteShape['models'][number]>('ModelQuote').implement({
  fields: (t) => ({
    model: t.expose('model', { type: Model }),
    inputTokens: t.exposeInt('inputTokens'),
    expected: t.expose('expected', { type: 'Credits' }),
    maximum: t.expose('maximum', { type: 'Credits' }),
    fileForms: t.field({
      type: [FileForm],
      description: 'As what the model would be sent each file of the prompt, in their order. Empty for a blind prompt.',
      resolve: ({ files }) => files.forms.map(toFileForm),
    }),
    filesLeftOut: t.int({
      description:
        'How many files of earlier prompts, and images of earlier answers, it would not be sent. 0 for a blind prompt.',
      resolve: ({ files }) => files.leftOut,
    }),
    history: t.field({
      type: [SentTurn],
      complexity: { multiplier: 100 },
      description: 'What the model would be sent before the prompt, oldest turn first.',
      resolve: ({ history }) => history(),
    }),
  }),
});

const AnswerBudget = builder.objectRef<NonNullable<QuoteShape['answerBudget']>>('AnswerBudget').implement({
  description:
    'What an answer that uses tools, or an agent, may take. At the first of these it ends with what there is (Response.shortenedBy).',
  fields: (t) => ({
    credits: t.expose('credits', { type: 'Credits' }),
    steps: t.exposeInt('steps', { description: 'Requests to models.' }),
    minutes: t.exposeInt('minutes', { description: 'Of work; waiting for the member does not count.' }),
  }),
});

/** Complexity of planning a prompt: its conversation is read, and all its texts are measured. */
export const PROMPT_COST = 15_000;

export const Quote = builder.objectRef<QuoteShape>('Quote').implement({
  fields: (t) => ({
    models: t.expose('models', { type: [ModelQuote] }),
    maximum: t.expose('maximum', { type: 'Credits' }),
    answerBudget: t.expose('answerBudget', {
      type: AnswerBudget,
      nullable: true,
      description: 'Of each answer; null: its model is asked once.',
    }),
    held: t.expose('held', {
      type: 'Credits',
      description: 'Credits held at the start: the maximum or, if the plan’s holds grow with the answers, less.',
    }),
    affordable: t.exposeBoolean('affordable', { description: 'Whether the prompt may be sent.' }),
    mayBeShortened: t.exposeBoolean('mayBeShortened', {
      description:
        'Whether the answers may cost more than is left: they start, and end at the last word that can be paid (see Response.shortenedBy). Only if the plan’s holds grow.',
    }),
    longestAnswer: t.int({
      nullable: true,
      complexity: forMembers(PROMPT_COST),
      description:
        'If the prompt cannot be paid as it is: the longest answers, in tokens (parameters.maxOutputTokens), with which it can. Null: it can be paid as it is, or not at all, or it is blind.',
      resolve: ({ longestAnswer }) => longestAnswer(),
    }),
    payer: t.field({
      type: PayingTeam,
      nullable: true,
      description: 'The team that would pay; null: the viewer would.',
      resolve: ({ team }) => team?.id ?? null,
    }),
  }),
});
