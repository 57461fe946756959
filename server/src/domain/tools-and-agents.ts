import type { Logger } from 'pino';
import type { OpenDatabase } from '../database/connection/open.ts';
import type { Tool } from '../ports/tool.ts';
import type { AgentDefinition } from './agents/agent-definition.ts';
import { Agents, type AgentsOptions } from './agents/agents.ts';
import type { AgentLimits } from './agents/answer-context.ts';
import type { Generation } from './answering/generation.ts';
import type { LeasesOptions } from './answering/leases.ts';
import type { Notifications } from './ground/notifications.ts';
import { Seal } from './ground/secrets/seal.ts';
import { HouseTools, type HouseToolsOptions } from './tools/house-tools.ts';
import { givenTools, joinedTools } from './tools/tool-box.ts';

/** What tools and agents are made from. */
export interface ToolsOptions {
  database: OpenDatabase;
  /** Of which keys are derived: one encrypts what admins store. */
  secret: string;
  log: Logger;
  /** Default: there are none, and servers that admins add are not asked. */
  toolServers?: Pick<HouseToolsOptions, 'fileServers' | 'mayBePrivate' | 'openServers'>;
  /** What answers that use tools may take. Default: as without settings. */
  agentLimits?: AgentLimits;
  /** Tools and agents that a program brings. Default: none. */
  ownTools?: readonly Tool[];
  ownAgents?: readonly AgentDefinition[];
}

const noServers: NonNullable<ToolsOptions['toolServers']> = {
  fileServers: [],
  mayBePrivate: false,
  openServers: () => Promise.reject(new Error('Servers of tools are not asked here.')),
};

export async function openTools(
  { database, secret, log, toolServers = noServers, ownTools = [] }: ToolsOptions,
  {
    builtInTools: builtIn,
    notifications,
  }: { builtInTools: HouseToolsOptions['builtIn']; notifications: Notifications },
) {
  const { db, kind } = database;
  const opened = await HouseTools.open({
    ...toolServers,
    builtIn,
    takenNames: ownTools.map(({ definition }) => definition.name),
    db,
    seal: new Seal(secret),
    shared: kind === 'postgres',
    log,
  });
  opened.follow(notifications);
  return opened;
}

export function openAgents(
  { database: { db }, agentLimits = AGENT_LIMITS, ownTools = [], ownAgents: definitions = [], log }: ToolsOptions,
  houseTools: HouseTools,
  means: Pick<AgentsOptions, 'generation' | 'offer' | 'notifications' | 'journalled'>,
): Agents {
  const toolBox = joinedTools(givenTools(ownTools), houseTools);
  return new Agents({ ...means, db, toolBox, definitions, limits: agentLimits, log });
}

const AGENT_LIMITS: AgentLimits = { stepsMax: 30, minutesMax: 30, approvalMinutes: 60, creditsMax: 1_000_000 };

/** How answers of agents are gone on with, of which a process has taken the lease. */
export function resuming(agents: Agents, generation: Generation): Pick<LeasesOptions, 'resume' | 'left' | 'ended'> {
  return {
    resume: (row) => agents.resume(row),
    left: (row, outcome) => agents.left(row, outcome),
    ended: (ids) => generation.ended(ids),
  };
}
