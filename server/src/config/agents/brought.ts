import type { AgentDefinition } from '../../domain/agents/agent-definition.ts';
import type { Tool } from '../../ports/tool.ts';
import type { Configuration } from '../configuration.ts';
import { ConfigError } from '../mistakes.ts';

/** What a program sets and brings that has the API in its own process. */
export interface AppConfiguration extends Configuration {
  /** Tools that everybody may have models use. Default: none. */
  tools?: readonly Tool[] | undefined;
  /** Agents beside the built-in ones. Default: none. */
  agents?: readonly AgentDefinition[] | undefined;
}

const builtInAgents = ['tools', 'plan-then-act', 'critic', 'debate'];

/** @throws ConfigError that names what cannot be used of the tools and agents */
export function requireUsable({ tools, agents }: { tools: readonly Tool[]; agents: readonly AgentDefinition[] }): void {
  const names = tools.map(({ definition }) => definition.name);
  const agentIds = [...builtInAgents, ...agents.map(({ id }) => id)];
  const problems = [
    ...repeated(tools.map(({ id }) => id)).map((id) => `tools: there are two tools with the id "${id}"`),
    ...repeated(names).map((name) => `tools: there are two tools that models know as "${name}"`),
    ...names
      .filter((name) => !/^[A-Za-z0-9_-]{1,64}$/.test(name))
      .map((name) => `tools: "${name}" is no name for models`),
    ...repeated(agentIds).map((id) => `agents: there are two agents with the id "${id}"`),
    ...agentIds.filter((id) => !/^[a-z0-9-]{1,64}$/.test(id)).map((id) => `agents: "${id}" is no id`),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
}

function repeated(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) < index))];
}
