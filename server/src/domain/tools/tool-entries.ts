import type { ToolSettingRow } from '../../database/tools/tool-settings.ts';
import type { BuiltInTool } from '../../ports/built-in-tool.ts';
import type { Tool } from '../../ports/tool.ts';
import type { ListedTool } from '../../ports/tool-server.ts';
import { type Description, descriptionOf, isSame, modelNames, nameInWords } from './descriptions.ts';
import type { ServerLinks } from './server-links.ts';
import type { OfferedTool } from './tool-box.ts';

/** Where a tool stands with the admins. */
export const toolStates = ['BUILT_IN', 'NEW', 'ACCEPTED', 'CHANGED', 'GONE'] as const;
export type ToolState = (typeof toolStates)[number];

/** A tool as admins see it. */
export interface ToolEntry {
  id: string;
  /** Null: it is built in. */
  serverId: string | null;
  /** The server's name for it. */
  name: string;
  state: ToolState;
  /** As it is described now; null: its server has it no more. */
  description: Description | null;
  /** As an admin accepted it; null: nobody has, or it is built in. */
  accepted: Description | null;
  setting: ToolDecision;
  /** Whether a member approves its calls where no admin has decided. */
  usuallyNeedsApproval: boolean;
  /** What members may be offered; null: nothing, as nobody has accepted it. */
  offered: OfferedTool | null;
}

/** What an admin decided about a tool. */
export type ToolDecision = Pick<ToolSettingRow, 'enabled' | 'tiers' | 'team_ids' | 'needs_approval' | 'price_credits'>;

const undecided: ToolDecision = { enabled: false, tiers: null, team_ids: null, needs_approval: null, price_credits: 0 };

export interface KnownServer {
  id: string;
  name: string;
}

/** What the id of each tool of a server begins with. */
export const prefixOf = (serverId: string) => `mcp/${serverId}/`;

/**
 * All tools by id: those that are built in, and those of servers that have been seen.
 *
 * @param taken names by which models know tools that are none of these
 */
export function toolEntries(
  builtIn: readonly BuiltInTool[],
  servers: readonly KnownServer[],
  settings: readonly ToolSettingRow[],
  links: ServerLinks,
  taken: readonly string[],
): Map<string, ToolEntry> {
  const decisions = new Map(settings.map((row) => [row.tool_id, row]));
  const own = builtIn.map((one) => builtInEntry(one, decisions.get(one.tool.id) ?? undecided));
  const seen = servers.flatMap((server) => entriesOf(server, settings, links.toolsOf(server.id)));
  const accepted = seen.flatMap(({ id, name, server, accepted }) =>
    accepted ? [{ id, name, server: server.name }] : [],
  );
  const names = modelNames(accepted, [...builtIn.map(({ tool }) => tool.definition.name), ...taken]);
  const entries = seen.map((one) => ({ ...one.entry, offered: offeredOf(one, names.get(one.id), links) }));
  return new Map([...own, ...entries].map((entry) => [entry.id, entry]));
}

function builtInEntry(
  { tool, name: title, description, needsApproval }: BuiltInTool,
  setting: ToolDecision,
): ToolEntry {
  const { id, definition, isReadOnly } = tool;
  const { name, parameters } = definition;
  return {
    id,
    serverId: null,
    name,
    state: 'BUILT_IN',
    description: { title, description, parameters, isReadOnly },
    accepted: null,
    setting,
    usuallyNeedsApproval: needsApproval,
    offered: {
      tool,
      name: title,
      description,
      serverName: null,
      needsApproval: setting.needs_approval ?? needsApproval,
      priceCredits: setting.price_credits,
    },
  };
}

interface SeenTool {
  id: string;
  name: string;
  server: KnownServer;
  accepted: Description | null;
  setting: ToolDecision;
  entry: Omit<ToolEntry, 'offered'>;
}

function entriesOf(
  server: KnownServer,
  settings: readonly ToolSettingRow[],
  listed: readonly ListedTool[] | null,
): SeenTool[] {
  const prefix = prefixOf(server.id);
  const now = listed && new Map(listed.map((tool) => [prefix + tool.name, descriptionOf(tool)]));
  const known = new Map(settings.filter(({ tool_id }) => tool_id.startsWith(prefix)).map((row) => [row.tool_id, row]));
  const ids = [...new Set([...known.keys(), ...(now?.keys() ?? [])])].sort();
  return ids.flatMap((id) => {
    const setting = known.get(id);
    const description = now ? (now.get(id) ?? null) : (setting?.seen ?? null);
    const accepted = setting?.accepted ?? null;
    if (description === null && accepted === null) return [];
    const name = id.slice(prefix.length);
    const state = stateOf(description, accepted);
    const decision = setting ?? undecided;
    const usuallyNeedsApproval = !(accepted ?? description)?.isReadOnly;
    const entry = {
      id,
      serverId: server.id,
      name,
      state,
      description,
      accepted,
      setting: decision,
      usuallyNeedsApproval,
    };
    return [{ id, name, server, accepted, setting: decision, entry }];
  });
}

function stateOf(description: Description | null, accepted: Description | null): ToolState {
  if (description === null) return 'GONE';
  if (accepted === null) return 'NEW';
  return isSame(description, accepted) ? 'ACCEPTED' : 'CHANGED';
}

function offeredOf(
  { id, name, server, accepted, setting }: SeenTool,
  modelName: string | undefined,
  links: ServerLinks,
): OfferedTool | null {
  if (accepted === null || modelName === undefined) return null;
  const { description, parameters, isReadOnly } = accepted;
  const tool: Tool = {
    id,
    definition: { name: modelName, description: description === '' ? null : description, parameters },
    isReadOnly,
    call: (request) =>
      links.call({ serverId: server.id, name }, request, (listed) => isSame(descriptionOf(listed), accepted)),
  };
  return {
    tool,
    name: accepted.title ?? nameInWords(name),
    description,
    serverName: server.name,
    needsApproval: setting.needs_approval ?? !isReadOnly,
    priceCredits: setting.price_credits,
  };
}
