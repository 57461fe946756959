import type { AgentLimits } from '../../domain/agents/answer-context.ts';
import { integer } from '../values.ts';

export type { AgentLimits } from '../../domain/agents/answer-context.ts';

/** What an answer that uses tools may take. */
export const agentSettings = {
  AGENT_STEPS_MAX: integer(1, 1000).default(30),
  AGENT_MINUTES_MAX: integer(1, 1440).default(30),
  AGENT_CREDITS_MAX: integer(1, 999_999_999_999_999).optional(),
  TOOL_APPROVAL_MINUTES: integer(1, 10_080).default(60),
};

interface Settings {
  AGENT_STEPS_MAX: number;
  AGENT_MINUTES_MAX: number;
  AGENT_CREDITS_MAX?: number | undefined;
  TOOL_APPROVAL_MINUTES: number;
  CREDITS_PER_USD: number;
}

/** Unless the operator says otherwise, an answer costs at most what its provider bills a dollar for. */
export function readAgentSettings(settings: Settings): AgentLimits {
  return {
    stepsMax: settings.AGENT_STEPS_MAX,
    minutesMax: settings.AGENT_MINUTES_MAX,
    creditsMax: settings.AGENT_CREDITS_MAX ?? settings.CREDITS_PER_USD,
    approvalMinutes: settings.TOOL_APPROVAL_MINUTES,
  };
}
