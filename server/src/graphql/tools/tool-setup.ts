import { type Description, digestOf, parametersInLines } from '../../domain/tools/descriptions.ts';
import { acceptTools, setTools } from '../../domain/tools/tool-changes.ts';
import type { ToolEntry, toolStates } from '../../domain/tools/tool-entries.ts';
import { Admin } from '../admin.ts';
import { builder } from '../ground/builder.ts';
import { localId } from '../ground/ids.ts';
import { TierId } from '../model.ts';
import { Team } from '../payer.ts';
import { USUAL_TOOLS } from './tool.ts';
import { ToolServer } from './tool-server.ts';

const ToolState = builder.enumType('ToolState', {
  description: 'Where a tool stands with the admins. Only one that is ACCEPTED or BUILT_IN can be on.',
  values: {
    BUILT_IN: { description: 'This server has it itself.' },
    NEW: { description: 'Nobody has accepted its description.' },
    ACCEPTED: { description: 'It is described as an admin has accepted.' },
    CHANGED: { description: 'It is described otherwise since an admin accepted it, and is off until one does again.' },
    GONE: { description: 'Its server does not list it any more.' },
  } satisfies Record<(typeof toolStates)[number], object>,
});

const ToolDescription = builder.objectRef<Description>('ToolDescription').implement({
  description: 'What a tool’s server says of it: words of others, which models read as they are.',
  fields: (t) => ({
    digest: t.string({ description: 'Names exactly these words: acceptTools wants it.', resolve: digestOf }),
    title: t.exposeString('title', { nullable: true }),
    text: t.exposeString('description'),
    parameters: t.string({
      nullable: true,
      description: 'A JSON schema, in lines. Null: it takes nothing.',
      resolve: parametersInLines,
    }),
    readOnly: t.exposeBoolean('isReadOnly', { description: 'Whether it says that it changes nothing anywhere.' }),
  }),
});

const ToolSetup = builder.objectRef<ToolEntry>('ToolSetup').implement({
  description: 'A tool as admins see it.',
  fields: (t) => ({
    id: t.exposeID('id'),
    name: t.exposeString('name', { description: 'Its server’s name for it.' }),
    modelName: t.string({
      nullable: true,
      description: 'The name by which models call it. Null: nobody has accepted it yet.',
      resolve: ({ offered }) => offered?.tool.definition.name,
    }),
    server: t.field({
      type: ToolServer,
      nullable: true,
      description: 'Null: it is built in.',
      resolve: ({ serverId }, _args, { houseTools }) => houseTools.servers.find(({ id }) => id === serverId),
    }),
    state: t.expose('state', { type: ToolState }),
    description: t.expose('description', {
      type: ToolDescription,
      nullable: true,
      description: 'As it is described now. Null: it is gone.',
    }),
    accepted: t.expose('accepted', {
      type: ToolDescription,
      nullable: true,
      description: 'As an admin has accepted it. Null: nobody has, or it is built in.',
    }),
    enabled: t.boolean({ resolve: ({ setting }) => setting.enabled }),
    tiers: t.field({
      type: [TierId],
      nullable: true,
      description: 'The plans whose members may use it. Null: all.',
      resolve: ({ setting }) => setting.tiers,
    }),
    teams: t.field({
      type: [Team],
      nullable: true,
      description: 'The teams whose members may use it. Null: everybody may.',
      resolve: ({ setting }) => setting.team_ids,
    }),
    needsApproval: t.boolean({
      nullable: true,
      description: 'What an admin decided. Null: usuallyNeedsApproval.',
      resolve: ({ setting }) => setting.needs_approval,
    }),
    usuallyNeedsApproval: t.exposeBoolean('usuallyNeedsApproval', {
      description: 'Whether each call waits for the member’s word where no admin has decided.',
    }),
    priceCredits: t.field({ type: 'Credits', resolve: ({ setting }) => setting.price_credits }),
  }),
});

builder.objectField(Admin, 'tools', (t) =>
  t.field({
    type: [ToolSetup],
    description: 'All tools, the built-in ones first, whoever may use them.',
    complexity: { field: 1, multiplier: USUAL_TOOLS },
    resolve: (_admin, _args, { houseTools }) => [...houseTools.entries.values()],
  }),
);

builder.objectField(Admin, 'tool', (t) =>
  t.field({
    type: ToolSetup,
    nullable: true,
    description: 'Null: there is none with this id.',
    args: { id: t.arg.id({ required: true }) },
    resolve: (_admin, { id }, { houseTools }) => houseTools.entries.get(id),
  }),
);

const AcceptToolInput = builder.inputType('AcceptToolInput', {
  fields: (t) => ({
    id: t.id({ required: true }),
    digest: t.string({ required: true, description: 'Of the description that the admin has read.' }),
  }),
});

const SetToolsInput = builder.inputType('SetToolsInput', {
  description: 'What is absent stays as it is.',
  fields: (t) => ({
    ids: t.idList({ required: true }),
    enabled: t.boolean(),
    tiers: t.field({ type: [TierId], description: 'Null: members of all plans.' }),
    teamIds: t.idList({ description: 'Null: everybody, in a team or not.' }),
    needsApproval: t.boolean({ description: 'Null: as the tool usually does.' }),
    priceCredits: t.field({ type: 'Credits' }),
  }),
});

builder.mutationFields((t) => ({
  acceptTools: t.withAuth({ admin: true }).field({
    type: [ToolSetup],
    description:
      'Accepts how servers describe these tools, and switches them on. Refused with BAD_USER_INPUT if one is described otherwise by now.',
    complexity: { field: 1, multiplier: USUAL_TOOLS },
    args: { tools: t.arg({ type: [AcceptToolInput], required: true }) },
    resolve: (_root, { tools }, { houseTools, viewer }) => acceptTools(houseTools, viewer, tools),
  }),
  setTools: t.withAuth({ admin: true }).field({
    type: [ToolSetup],
    description: 'Switches tools on or off, and decides who may use them, who is asked before, and at what price.',
    complexity: { field: 1, multiplier: USUAL_TOOLS },
    args: { input: t.arg({ type: SetToolsInput, required: true }) },
    resolve: (
      _root,
      { input: { ids, enabled, tiers, teamIds, needsApproval, priceCredits } },
      { houseTools, viewer },
    ) =>
      setTools(houseTools, viewer, {
        ids,
        enabled: enabled ?? undefined,
        tiers,
        teamIds: teamIds?.map((id) => localId('Team', id)) ?? (teamIds as null | undefined),
        needsApproval,
        priceCredits: priceCredits ?? undefined,
      }),
  }),
}));
