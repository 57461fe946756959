import type { Kysely } from 'kysely';
import type { FirstCall, StoredAgent } from '../../../database/agents/agent-tables.ts';
import type { Database } from '../../../database/database.ts';
import { findTeamsOf } from '../../../database/teams.ts';
import { PROVIDER_SEARCH } from '../../../ports/tool.ts';
import { type Agents, TOOLS_AGENT } from '../../agents/agents.ts';
import { sizeOfTools } from '../../agents/model-steps.ts';
import { InvalidInputError, NotFoundError } from '../../ground/errors.ts';
import type { InputTokens } from '../../money/hold-growth.ts';
import type { Member } from '../../people/members.ts';
import type { OfferedTool } from '../../tools/tool-box.ts';

export type { FirstCall };

/** What a prompt asks of an agent. */
export interface AgentInput {
  /** Tools that the models may call. */
  toolIds?: readonly string[] | null;
  /** Absent: the one that uses the tools. */
  agentId?: string | null;
  /** What the models have to call in their first step. Absent: nothing. */
  firstCall?: FirstCall | null;
  /** The most credits that one answer may cost. Absent: as many as the server allows. */
  maxCredits?: number | null;
}

/** An agent that is asked, with what decides on the price of its lanes. */
export interface PlannedAgent {
  stored: StoredAgent;
  /** How many other models it asks. */
  otherModels: number;
  /** What the descriptions of its tools add to each request. */
  tools: InputTokens;
  hasTools: boolean;
  /** Whether its models may search by themselves. */
  searches: boolean;
  /** The most that one answer may cost, in credits. */
  budget: number;
}

const TOOLS_MAX = 128;

/** What of the input can be checked without the database; null: each model is asked once. @throws InvalidInputError */
export function validAgent(
  { toolIds, agentId, firstCall, maxCredits }: AgentInput,
  { isBlind }: { isBlind: boolean },
): StoredAgent | null {
  const ids = [...new Set(toolIds ?? [])];
  if (maxCredits != null && maxCredits < 1) {
    throw new InvalidInputError('maxCredits', 'An answer needs at least one credit.');
  }
  if (ids.length === 0 && agentId == null) {
    if (maxCredits == null) return null;
    throw new InvalidInputError('maxCredits', 'Only answers that use tools, or an agent, have a budget of their own.');
  }
  const field = ids.length > 0 ? 'toolIds' : 'agentId';
  if (isBlind) throw new InvalidInputError(field, 'Models that are hidden use no tools, which could tell them apart.');
  if (ids.length > TOOLS_MAX) throw new InvalidInputError('toolIds', `Choose at most ${TOOLS_MAX} tools.`);
  return {
    agentId: agentId ?? TOOLS_AGENT,
    toolIds: ids,
    maxCredits: maxCredits ?? null,
    ...(firstCall && { firstCall }),
  };
}

/**
 * The agent with its tools, which the member must be offered.
 *
 * @throws NotFoundError, InvalidInputError
 */
export async function planAgent(
  { db, agents }: { db: Kysely<Database>; agents: Agents },
  member: Pick<Member, 'id' | 'tier'>,
  asked: StoredAgent,
): Promise<PlannedAgent> {
  const offered = await offeredTools(db, agents, member);
  for (const id of asked.toolIds) if (!offered.has(id)) throw new NotFoundError('tool');
  return planned(agents, asked, offered);
}

/** As `planAgent` for an answer that is asked for again: tools that are not offered any more are left out. */
export async function planAgentAgain(
  { db, agents }: { db: Kysely<Database>; agents: Agents },
  member: Pick<Member, 'id' | 'tier'>,
  { toolIds, ...asked }: StoredAgent,
): Promise<PlannedAgent> {
  const offered = await offeredTools(db, agents, member);
  return planned(agents, { ...asked, toolIds: toolIds.filter((id) => offered.has(id)) }, offered);
}

async function offeredTools(
  db: Kysely<Database>,
  { toolBox }: Agents,
  { id: userId, tier }: Pick<Member, 'id' | 'tier'>,
) {
  const teams = await findTeamsOf(db, userId);
  return toolBox.offeredTo({ userId, tier, teamIds: teams.map(({ id }) => id) });
}

function planned(agents: Agents, stored: StoredAgent, offered: ReadonlyMap<string, OfferedTool>): PlannedAgent {
  const definition = agents.definitions.get(stored.agentId);
  if (!definition) throw new NotFoundError('agent');
  const called = stored.toolIds.filter((id) => id !== PROVIDER_SEARCH);
  const tools = called.map((id) => (offered.get(id) as OfferedTool).tool);
  const { creditsMax } = agents.limits;
  return {
    stored,
    otherModels: definition.otherModels ?? 0,
    tools: sizeOfTools(tools.map((tool) => tool.definition)),
    hasTools: tools.length > 0,
    searches: called.length < stored.toolIds.length,
    budget: Math.min(stored.maxCredits ?? creditsMax, creditsMax),
  };
}
