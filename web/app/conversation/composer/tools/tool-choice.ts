import type { KnownToolsQuery } from '../../../graphql/generated/graphql.ts';
import { type AgentChoice, type Asking, toolsAgent } from '../../turns/asking.ts';

/** The prompt with these tools, and no agent where nothing is left that it would do. */
export function withTools(asking: Asking, toolIds: string[]): Asking {
  return withAgent(asking, { toolIds });
}

export function withAgent(asking: Asking, change: Partial<AgentChoice>): Asking {
  const { toolIds, agentId, maxCredits }: AgentChoice = { toolIds: [], ...asking.agent, ...change };
  const isOwn = agentId !== undefined && agentId !== toolsAgent;
  if (toolIds.length === 0 && !isOwn) return { ...asking, agent: undefined };
  // The order of the fields is that of `agentAfter`: choices are compared as they are written.
  const agent = { toolIds, ...(isOwn && { agentId }), ...(maxCredits !== undefined && { maxCredits }) };
  return { ...asking, agent };
}

/** The names of the prompt's models that cannot call tools. */
export function mutesOf({ models }: Pick<KnownToolsQuery, 'models'>, { modelIds }: Pick<Asking, 'modelIds'>): string[] {
  return models.filter(({ id, tools }) => !tools && modelIds.includes(id)).map(({ name }) => name);
}
