import type { ToolServerEntry } from '../../domain/tools/house-tools.ts';
import {
  type ToolServerAuth as Auth,
  removeServer,
  requireServer,
  setServer,
  signOutOfServer,
} from '../../domain/tools/server-changes.ts';
import { beginServerSignIn } from '../../domain/tools/sign-in.ts';
import { Admin } from '../admin.ts';
import { builder } from '../ground/builder.ts';
import { CatalogueOrigin } from '../provider-setup.ts';

const ToolServerAuth = builder.enumType('ToolServerAuth', {
  description: 'How a server of tools knows this one.',
  values: {
    NONE: { description: 'It does not ask, or headers tell it.' },
    BEARER: { description: 'By a token that an admin has entered.' },
    OAUTH: { description: 'By a sign-in of an admin, for the whole house.' },
  } satisfies Record<Auth, object>,
});

const ToolServerStatus = builder.enumType('ToolServerStatus', {
  values: ['CONNECTING', 'UP', 'DOWN', 'SIGN_IN_NEEDED', 'OFF'] as const,
});

export const ToolServer = builder.objectRef<ToolServerEntry>('ToolServer').implement({
  description: 'A server (MCP) whose tools models may call, without its secrets. For admins and auditors.',
  fields: (t) => ({
    id: t.exposeID('id'),
    name: t.exposeString('name'),
    origin: t.field({
      type: CatalogueOrigin,
      description: 'FILE: MCP_SERVERS_FILE, where it is changed. ADMIN: an admin added it.',
      resolve: ({ row }) => (row ? 'ADMIN' : 'FILE'),
    }),
    url: t.string({
      nullable: true,
      description: 'Without its query. Null: it is a program on the server’s machine, or of the operator’s file.',
      resolve: ({ row }) => row?.url,
    }),
    hasQuery: t.boolean({
      description: 'Whether its address has a query, which is kept as a secret.',
      resolve: ({ row }) => row?.has_query ?? false,
    }),
    program: t.boolean({
      description: 'Whether it is a program on the server’s machine.',
      resolve: ({ address }) => address?.kind === 'program',
    }),
    auth: t.field({ type: ToolServerAuth, resolve: ({ row }) => row?.auth ?? 'NONE' }),
    tokenEnding: t.string({
      nullable: true,
      description: 'The last characters of its token. Null: it has none, or it is short.',
      resolve: ({ row }) => row?.token_ending,
    }),
    headerNames: t.stringList({ resolve: ({ row }) => [...(row?.header_names ?? [])] }),
    clientId: t.string({ nullable: true, resolve: ({ row }) => row?.client_id }),
    scope: t.string({ nullable: true, resolve: ({ row }) => row?.scope }),
    signedInAt: t.field({ type: 'DateTime', nullable: true, resolve: ({ row }) => row?.signed_in_at }),
    enabled: t.exposeBoolean('enabled'),
    status: t.field({
      type: ToolServerStatus,
      description: 'As the process that answers this finds it.',
      resolve: (server, _args, { houseTools }) => (server.enabled ? houseTools.healthOf(server).status : 'OFF'),
    }),
    problem: t.string({
      nullable: true,
      description: 'What is wrong with it. Null: nothing.',
      resolve: (server, _args, { houseTools }) => (server.enabled ? houseTools.healthOf(server).problem : null),
    }),
    checkedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it last answered or failed.',
      resolve: (server, _args, { houseTools }) => houseTools.healthOf(server).checkedAt,
    }),
  }),
});

builder.objectField(Admin, 'toolServers', (t) =>
  t.field({
    type: [ToolServer],
    description: 'The servers of the operator’s file first.',
    complexity: { field: 1, multiplier: 10 },
    resolve: (_admin, _args, { houseTools }) => [...houseTools.servers],
  }),
);

const HeaderInput = builder.inputType('ToolServerHeaderInput', {
  fields: (t) => ({
    name: t.string({ required: true }),
    value: t.string({ description: 'Absent: the stored value of this name.' }),
  }),
});

const SetToolServerInput = builder.inputType('SetToolServerInput', {
  description: 'What is absent stays as it is stored.',
  fields: (t) => ({
    id: t.id({ description: 'Absent: a new server.' }),
    name: t.string({ description: 'A new server needs one, as it needs an address.' }),
    url: t.string({ description: 'Its query, if it has one, is kept as a secret.' }),
    auth: t.field({ type: ToolServerAuth, description: 'Absent for a new server: NONE.' }),
    token: t.string({ description: 'Empty: none.' }),
    headers: t.field({ type: [HeaderInput], description: 'Sent with each request.' }),
    clientId: t.string({
      description: 'Of a client that was registered by hand. Empty: this server registers itself.',
    }),
    clientSecret: t.string({ description: 'Empty: none.' }),
    scope: t.string({ description: 'What is asked for at the sign-in. Empty: what the server says.' }),
    enabled: t.boolean(),
  }),
});

builder.mutationFields((t) => ({
  setToolServer: t.withAuth({ admin: true }).field({
    type: ToolServer,
    description:
      'Adds a server of tools, or changes one; its secrets are encrypted and never sent back. If its address changes, they must be given again. Its tools are off until they are accepted.',
    args: { input: t.arg({ type: SetToolServerInput, required: true }) },
    resolve: async (_root, { input }, { houseTools, viewer }) => {
      const { id, name, url, auth, token, headers, clientId, clientSecret, scope, enabled } = input;
      const storedId = await setServer(houseTools, viewer, {
        id: id ?? null,
        name: name ?? null,
        url: url?.trim() ?? null,
        auth: auth ?? null,
        token: token ?? null,
        headers: headers?.map((one) => ({ ...one, value: one.value ?? null })) ?? null,
        clientId: clientId ?? null,
        clientSecret: clientSecret ?? null,
        scope: scope ?? null,
        enabled: enabled ?? null,
      });
      return requireServer(houseTools, storedId);
    },
  }),
  removeToolServer: t.withAuth({ admin: true }).id({
    description: 'Takes a server away, with all that was decided about its tools.',
    args: { id: t.arg.id({ required: true }) },
    resolve: async (_root, { id }, { houseTools, viewer }) => {
      await removeServer(houseTools, viewer, id);
      return id;
    },
  }),
  reconnectToolServer: t.withAuth({ admin: true }).field({
    type: ToolServer,
    description: 'Connects a server anew and reads its list of tools, or says why that fails.',
    args: { id: t.arg.id({ required: true }) },
    resolve: async (_root, { id }, { houseTools }) => {
      await houseTools.reconnect(requireServer(houseTools, id));
      return requireServer(houseTools, id);
    },
  }),
  signInToToolServer: t.withAuth({ admin: true }).string({
    description:
      'Begins to sign in to a server by OAuth, for the whole house. Returns the address to send the admin’s browser to; it comes back to the page of tools. Needs a session.',
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, { houseTools, viewer }) => beginServerSignIn(houseTools, viewer, id),
  }),
  signOutOfToolServer: t.withAuth({ admin: true }).field({
    type: ToolServer,
    description: 'Forgets what signing in has given.',
    args: { id: t.arg.id({ required: true }) },
    resolve: async (_root, { id }, { houseTools, viewer }) => {
      await signOutOfServer(houseTools, viewer, id);
      return requireServer(houseTools, id);
    },
  }),
}));
