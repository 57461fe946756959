import type { MergeInput as MergeInputShape } from '../../domain/asking/merging/merging.ts';
import { PROMPT_COST, Quote } from '../asking/quote.ts';
import { builder, forMembers, prompting } from '../ground/builder.ts';
import { localId } from '../ground/ids.ts';
import { Response } from '../response.ts';
import { SendPromptResult } from '../turn.ts';
import { MergeMode } from './merge-mode.ts';

const MergeInput = builder.inputType('MergeInput', {
  fields: (t) => ({
    turnId: t.id({ required: true }),
    responseIds: t.idList({
      required: true,
      description: 'At least two complete answers of the turn, in the order in which the model reads them.',
    }),
    modelId: t.id({ required: true, description: 'The model that reads them, and is told no names.' }),
    mode: t.field({ type: MergeMode, required: true }),
    instruction: t.string({ description: 'What it is asked for beside that.' }),
  }),
});

builder.objectFields(Response, (t) => ({
  mergedFrom: t.field({
    type: [Response],
    description:
      'Of a merge: the answers that it was made from, in the order in which its model read them. Of one that waits for its sources: those that it waits for.',
    complexity: { multiplier: 3 },
    resolve: ({ merge }) => [...(merge?.sourceIds ?? [])],
  }),
  mergeMode: t.field({ type: MergeMode, nullable: true, resolve: ({ merge }) => merge?.mode ?? null }),
  mergeInstruction: t.string({ nullable: true, resolve: ({ merge }) => merge?.instruction ?? null }),
}));

builder.queryField('quoteMerge', (t) =>
  t.withAuth(prompting).field({
    skipTypeScopes: true,
    type: Quote,
    complexity: forMembers(PROMPT_COST),
    description: 'As `quote`, for mergeResponses.',
    args: { input: t.arg({ type: MergeInput, required: true }) },
    resolve: (_root, { input }, { prompts, viewer }) => prompts.quoteMerge(viewer, toMergeInput(input)),
  }),
);

builder.mutationField('mergeResponses', (t) =>
  t.withAuth(prompting).field({
    skipTypeScopes: true,
    type: SendPromptResult,
    complexity: forMembers(PROMPT_COST),
    description:
      'Has a model make one answer of several answers of a turn: a new lane of the turn, written, paid and kept as any other. Whoever paid for the first of them pays.',
    args: { input: t.arg({ type: MergeInput, required: true }) },
    resolve: async (_root, { input }, { prompts, viewer }) => ({
      turn: await prompts.merge(viewer, toMergeInput(input)),
    }),
  }),
);

function toMergeInput({ turnId, responseIds, instruction, ...input }: typeof MergeInput.$inferInput): MergeInputShape {
  return {
    ...input,
    turnId: localId('Turn', turnId),
    responseIds: responseIds.map((id) => localId('Response', id)),
    instruction: instruction ?? null,
  };
}
