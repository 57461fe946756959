import { withdrawPermissions } from '../../database/agents/approvals.ts';
import { findTeams } from '../../database/teams.ts';
import { setToolSetting } from '../../database/tools/tool-settings.ts';
import { InvalidInputError, NotFoundError } from '../ground/errors.ts';
import type { TierId } from '../ground/tiers.ts';
import { type Actor, audit } from '../people/administration.ts';
import { digestOf } from './descriptions.ts';
import type { HouseTools, StoredTools } from './house-tools.ts';
import type { ToolEntry } from './tool-entries.ts';

/** What an admin decides about tools. Absent: it stays as it is. */
export interface ToolsInput {
  ids: readonly string[];
  enabled?: boolean | undefined;
  /** Null: members of all tiers. */
  tiers?: readonly TierId[] | null | undefined;
  /** Null: members of all teams, and of none. */
  teamIds?: readonly string[] | null | undefined;
  /** Null: unless the tool says that it only reads. */
  needsApproval?: boolean | null | undefined;
  priceCredits?: number | undefined;
}

const IDS_MAX = 500;
const TEAMS_MAX = 500;
const PRICE_MAX = 1_000_000_000_000;

/**
 * Accepts the descriptions of tools as the admin has read them, and switches the tools on.
 *
 * @throws NotFoundError; InvalidInputError if one is described otherwise by now, and then none is accepted
 */
export async function acceptTools(
  tools: HouseTools,
  actor: Actor,
  read: readonly { id: string; digest: string }[],
): Promise<ToolEntry[]> {
  requireFew(read.map(({ id }) => id));
  await tools.change(async (trx) => {
    for (const { id, digest } of read) {
      const { description, serverId, name } = requireTool(tools, id);
      if (serverId === null) throw new InvalidInputError('tools', `${name} is built in: switch it on.`);
      if (description === null) throw new InvalidInputError('tools', `The server has no tool ${name} any more.`);
      if (digestOf(description) !== digest) {
        throw new InvalidInputError(
          'tools',
          `The description of ${name} has changed since you read it. Read it again.`,
        );
      }
      const accepted = JSON.stringify(description);
      await setToolSetting(trx, placeOf(tools, id), { accepted, seen: accepted, enabled: true });
      // What members allowed was a tool with other words.
      await withdrawPermissions(trx, id);
      await audit(trx, actor, 'acceptTool', id, `description ${digest}`);
    }
  });
  return read.map(({ id }) => requireTool(tools, id));
}

/** Decides about tools. @throws NotFoundError, InvalidInputError */
export async function setTools(tools: HouseTools, actor: Actor, input: ToolsInput): Promise<ToolEntry[]> {
  requireFew(input.ids);
  const { priceCredits, needsApproval, tiers, teamIds } = input;
  if (priceCredits !== undefined && (priceCredits < 0 || priceCredits > PRICE_MAX)) {
    throw new InvalidInputError('priceCredits', `A price is from 0 to ${PRICE_MAX.toLocaleString('en')} credits.`);
  }
  if (tiers?.length === 0) throw new InvalidInputError('tiers', 'Choose at least one plan, or all.');
  if ((teamIds?.length ?? 0) > TEAMS_MAX) throw new InvalidInputError('teamIds', `Name at most ${TEAMS_MAX} teams.`);
  if (teamIds?.length === 0) throw new InvalidInputError('teamIds', 'Choose at least one team, or everybody.');
  await tools.change(async (trx, stored) => {
    if (teamIds && (await findTeams(trx, [...new Set(teamIds)])).length < new Set(teamIds).size) {
      throw new NotFoundError('team');
    }
    for (const id of new Set(input.ids)) {
      requireAccepted(tools, stored, id, input.enabled);
      await setToolSetting(trx, placeOf(tools, id), {
        ...(input.enabled !== undefined && { enabled: input.enabled }),
        ...(tiers !== undefined && { tiers: tiers && [...new Set(tiers)] }),
        ...(teamIds !== undefined && { team_ids: teamIds && [...new Set(teamIds)] }),
        ...(needsApproval !== undefined && { needs_approval: needsApproval }),
        ...(priceCredits !== undefined && { price_credits: priceCredits }),
      });
      await audit(trx, actor, 'setTool', id, noteOf(input));
    }
  });
  return input.ids.map((id) => requireTool(tools, id));
}

/** @throws InvalidInputError if a tool is to be switched on that nobody has accepted */
function requireAccepted(tools: HouseTools, { settings }: StoredTools, id: string, enabled: boolean | undefined): void {
  const { serverId, name } = requireTool(tools, id);
  if (enabled !== true || serverId === null) return;
  if (settings.some((row) => row.tool_id === id && row.accepted !== null)) return;
  throw new InvalidInputError('enabled', `Read and accept the description of ${name} first.`);
}

/** @throws NotFoundError */
function requireTool(tools: HouseTools, id: string): ToolEntry {
  const tool = tools.entries.get(id);
  if (!tool) throw new NotFoundError('tool');
  return tool;
}

function placeOf(tools: HouseTools, id: string): { toolId: string; serverId: string | null } {
  const { serverId } = requireTool(tools, id);
  const server = tools.servers.find((one) => one.id === serverId);
  return { toolId: id, serverId: server?.row?.id ?? null };
}

function requireFew(ids: readonly string[]): void {
  if (ids.length === 0 || ids.length > IDS_MAX) throw new InvalidInputError('ids', `Name 1 to ${IDS_MAX} tools.`);
}

function noteOf({ enabled, tiers, teamIds, needsApproval, priceCredits }: ToolsInput): string {
  const parts = [
    enabled !== undefined && (enabled ? 'on' : 'off'),
    tiers !== undefined && `plans ${tiers?.join(' ') ?? 'all'}`,
    teamIds !== undefined && `teams ${teamIds?.length ?? 'all'}`,
    needsApproval !== undefined &&
      `approval ${needsApproval === null ? 'unless it only reads' : needsApproval ? 'always' : 'never'}`,
    priceCredits !== undefined && `price ${priceCredits}`,
  ];
  return parts.filter((part) => part !== false).join('; ');
}
