import { builder } from '../ground/builder.ts';

export const MergeMode = builder.enumType('MergeMode', {
  description: 'What a model makes of several answers to one prompt.',
  values: {
    COMBINE: { description: 'One answer that keeps what is right in each.' },
    COMPARE: { description: 'What they agree on, and where they differ.' },
    JUDGE: { description: 'Which is the best one, and why.' },
  } as const,
});

export const PromptMergeInput = builder.inputType('PromptMergeInput', {
  description: 'A merge of all answers to the prompt, in a lane of its own, which begins when they are final.',
  fields: (t) => ({
    modelId: t.id({
      description:
        'The model that reads them, and is told no names. Absent: the first that is asked or, if blind, any.',
    }),
    mode: t.field({ type: MergeMode, defaultValue: 'COMBINE', description: 'A blind prompt’s merge combines.' }),
    instruction: t.string({ description: 'What it is asked for beside that.' }),
  }),
});
