import type { Sent } from '../../database/judging/evaluation-work.ts';
import type { PromptInput } from '../asking/prompt-input.ts';
import type { HeldEvaluation } from './evaluation-ends.ts';

/** What an evaluation sends next. */
export interface NextPrompt {
  input: PromptInput;
  /** How many answers it asks for. */
  answers: number;
  /** Set if it asks for a lost answer again. `begin` is told how many credits that may cost. */
  again?: { responseId: string; begin(most: number): Promise<void> };
  sent(sent: Sent): Promise<void>;
  refused(message: string): Promise<void>;
}

/** What is asked of these models in every prompt. */
export function sentTo({ parameters, system_prompt: system }: HeldEvaluation, modelIds: readonly string[]) {
  return { modelIds, parameters, system };
}

/** As whose prompt it is sent. */
export function inputOf({ id, payer_team_id: teamId }: HeldEvaluation) {
  return { evaluationId: id, payer: teamId === null ? ('member' as const) : { teamId } };
}
