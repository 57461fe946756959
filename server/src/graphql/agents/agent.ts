import type { AgentDefinition } from '../../domain/agents/agent-definition.ts';
import { builder } from '../ground/builder.ts';
import { Turn } from '../turn.ts';

const Agent = builder.objectRef<AgentDefinition>('Agent').implement({
  description: 'Writes an answer step by step, with as many requests to models and calls of tools as it takes.',
  fields: (t) => ({
    id: t.exposeID('id'),
    name: t.exposeString('name'),
    description: t.exposeString('description'),
  }),
});

builder.queryField('agents', (t) =>
  t.field({
    type: [Agent],
    description: 'The agents that a prompt may name (SendPromptInput.agentId).',
    complexity: { field: 1, multiplier: 8 },
    resolve: (_root, _args, { agents }) => [...agents.definitions.values()],
  }),
);

builder.objectFields(Turn, (t) => ({
  agentId: t.id({
    nullable: true,
    description: 'The agent that wrote the answers; null: each model was asked once.',
    resolve: ({ agent }) => agent?.agentId ?? null,
  }),
  toolIds: t.idList({
    description: 'The tools that its models were allowed to call.',
    resolve: ({ agent }) => [...(agent?.toolIds ?? [])],
  }),
  maxCredits: t.field({
    type: 'Credits',
    nullable: true,
    description: 'The most that each of its answers was allowed to cost; null: as much as the server allows.',
    resolve: ({ agent }) => agent?.maxCredits ?? null,
  }),
}));
