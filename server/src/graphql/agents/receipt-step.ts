import { findReceiptSteps, type ReceiptStepRow } from '../../domain/agents/receipt-steps.ts';
import { knownModel } from '../../domain/catalogue/catalogue.ts';
import { Receipt } from '../credits.ts';
import { builder } from '../ground/builder.ts';
import { grouped } from '../ground/grouped.ts';
import { Model } from '../model.ts';

const StepKind = builder.enumType('StepKind', {
  values: { MODEL: { description: 'A request to a model.' }, TOOL: { description: 'A call of a tool.' } } as const,
});

const ReceiptStep = builder.objectRef<ReceiptStepRow>('ReceiptStep').implement({
  description: 'One step of an answer that used tools, with its part of the charge.',
  fields: (t) => ({
    number: t.exposeInt('number', { description: 'From 1.' }),
    kind: t.expose('kind', { type: StepKind }),
    model: t.field({
      type: Model,
      nullable: true,
      description: 'The model that was asked; null: a tool was called.',
      resolve: ({ model_id }, _args, { catalogue }) => (model_id === null ? null : knownModel(catalogue, model_id)),
    }),
    toolId: t.exposeID('tool_id', {
      nullable: true,
      description: 'The tool that was called; null: a model was asked.',
    }),
    toolName: t.exposeString('tool_name', { nullable: true }),
    inputTokens: t.int({
      description: 'Billed, cached ones included.',
      resolve: (step) => step.input_tokens + step.cached_input_tokens + step.cache_write_input_tokens,
    }),
    outputTokens: t.int({
      description: 'Billed, reasoning included.',
      resolve: ({ output_tokens, reasoning_tokens }) => output_tokens + reasoning_tokens,
    }),
    estimated: t.exposeBoolean('estimated', { description: 'True if the server counted for itself.' }),
    credits: t.expose('credits', { type: 'Credits' }),
    startedAt: t.expose('started_at', { type: 'DateTime' }),
    durationMs: t.int({ resolve: ({ duration_ms }) => duration_ms ?? 0 }),
  }),
});

builder.objectField(Receipt, 'steps', (t) =>
  t.loadableList({
    type: ReceiptStep,
    complexity: { field: 1, multiplier: 30 },
    description: 'The steps that its charge adds up from, in order. Empty: its model was asked once.',
    byPath: true,
    load: async (ids: string[], { db }) =>
      grouped(ids, await findReceiptSteps(db, ids), ({ response_id }) => response_id),
    resolve: ({ response_id }) => response_id,
  }),
);
