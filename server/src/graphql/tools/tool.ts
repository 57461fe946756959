import { findTeamIdsOf } from '../../domain/people/teams.ts';
import type { OfferedTool } from '../../domain/tools/tool-box.ts';
import { builder, following } from '../ground/builder.ts';

/** How many tools a query is expected to list. */
export const USUAL_TOOLS = 30;

const Tool = builder.objectRef<OfferedTool>('Tool').implement({
  description: 'A tool that models may call for the viewer.',
  fields: (t) => ({
    id: t.id({ resolve: ({ tool }) => tool.id }),
    name: t.exposeString('name'),
    description: t.exposeString('description', { description: 'As models read it.' }),
    modelName: t.string({
      description: 'The name by which models call it.',
      resolve: ({ tool }) => tool.definition.name,
    }),
    serverName: t.exposeString('serverName', {
      nullable: true,
      description:
        'Of the server of tools that it comes from, as admins named it; null: it comes from this server itself.',
    }),
    readOnly: t.boolean({
      description: 'Whether it says that it changes nothing anywhere.',
      resolve: ({ tool }) => tool.isReadOnly,
    }),
    needsApproval: t.exposeBoolean('needsApproval', {
      description: 'Whether each call waits for the member’s word.',
    }),
    priceCredits: t.expose('priceCredits', {
      type: 'Credits',
      description: 'What a call costs, beside what the model writes and reads.',
    }),
  }),
});

builder.queryField('tools', (t) =>
  t.field({
    type: [Tool],
    skipTypeScopes: true,
    authScopes: following,
    description: 'The tools that the viewer may have models use.',
    complexity: { field: 1, multiplier: USUAL_TOOLS },
    resolve: async (_root, _args, { db, agents, viewer }) => {
      if (!viewer) return [];
      const teamIds = await findTeamIdsOf(db, viewer.id);
      return [...agents.toolBox.offeredTo({ userId: viewer.id, tier: viewer.tier, teamIds }).values()];
    },
  }),
);
