import { v7 as newId } from 'uuid';
import { insertResponsesStatement, type ResponseRow } from '../../database/responses.ts';
import type { TurnRow } from '../../database/turns.ts';
import { insertContinuationStatement } from '../../database/versions.ts';
import type { Generation } from '../answering/generation.ts';
import type { GenerationJob } from '../answering/generation-job.ts';
import type { ResponseIdentity } from '../answering/live-responses.ts';
import { holdCreditsStatement } from '../money/credits.ts';
import type { LanePlan } from './lanes.ts';
import type { Plan } from './plan.ts';

/** A turn that may be yet to be stored. */
export type UnstoredTurn = Omit<TurnRow, 'created_at'>;

/** A turn, and what is to be started once it is committed. */
export interface Admitted {
  turn: TurnRow;
  jobs: GenerationJob[];
}

export interface NewResponsesOptions {
  generation: Generation;
  leaseMs: number;
}

interface NewLanes {
  turn: UnstoredTurn;
  plan: Plan;
  system: string | null;
  regenerated?: boolean;
}

/** What is to run, and the statements that store it and hold its credits. */
export function newResponses(
  { generation, leaseMs }: NewResponsesOptions,
  { turn, plan: { lanes, maximum }, system, regenerated = false }: NewLanes,
) {
  const jobs = lanes.map((lane) => toJob(lane, turn, { modelId: lane.model.id, system, ofNewTurn: !regenerated }));
  const { id: turnId, conversation_id: conversationId, user_id: userId } = turn;
  const statements = {
    held: holdCreditsStatement(userId, maximum),
    inserted: insertResponsesStatement({
      turnId,
      conversationId,
      userId,
      regenerated,
      owner: generation.owner,
      leaseMs,
      ids: jobs.map(({ identity }) => identity.id),
      lanes: lanes.map(({ lane }) => lane),
      modelIds: lanes.map(({ model }) => model.id),
      inputTokensExpected: lanes.map(({ inputTokens }) => inputTokens),
      creditsHeld: lanes.map(({ maximum }) => maximum),
    }),
  };
  return { jobs, statements };
}

/** The same for one that goes on with another response's text. */
export function newContinuation(
  { generation, leaseMs }: NewResponsesOptions,
  { turn, lane, system, continued }: { turn: TurnRow; lane: LanePlan; system: string | null; continued: ResponseRow },
) {
  const { text, reasoning, parts, citations, model_id: modelId } = continued;
  const job = toJob(lane, turn, { modelId, system, ofNewTurn: false });
  const statements = {
    held: holdCreditsStatement(turn.user_id, lane.maximum),
    inserted: insertContinuationStatement({
      id: job.identity.id,
      continuesId: continued.id,
      owner: generation.owner,
      leaseMs,
      inputTokensExpected: lane.inputTokens,
      creditsHeld: lane.maximum,
    }),
  };
  return { jobs: [{ ...job, before: { text, reasoning, parts, citations } }], statements };
}

function toJob(
  { lane, candidates, maximum }: LanePlan,
  { id: turnId, conversation_id: conversationId, user_id: userId, parameters }: UnstoredTurn,
  { system, ...rest }: Pick<ResponseIdentity, 'modelId' | 'ofNewTurn'> & { system: string | null },
): GenerationJob {
  const identity = { id: newId(), turnId, conversationId, userId, lane, ...rest };
  const { temperature, topP } = parameters;
  return { identity, creditsHeld: maximum, candidates, system, temperature, topP };
}
