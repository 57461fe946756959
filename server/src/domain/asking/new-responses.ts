import { v7 as newId } from 'uuid';
import { insertAgentTasksStatement } from '../../database/agents/agent-runs.ts';
import type { StoredMerge } from '../../database/database.ts';
import { insertResponsesStatement, type ResponseRow } from '../../database/responses.ts';
import type { TurnRow } from '../../database/turns.ts';
import { insertContinuationStatement } from '../../database/versions.ts';
import { type AgentTask, toAskedCandidate } from '../agents/agent-task.ts';
import type { Agents } from '../agents/agents.ts';
import type { Generation } from '../answering/generation.ts';
import type { GenerationJob } from '../answering/generation-job.ts';
import type { ResponseIdentity } from '../answering/live-responses.ts';
import { storedFiles } from '../answering/stored-response.ts';
import { keptPrices } from '../catalogue/kept-prices.ts';
import type { Offer } from '../catalogue/offer.ts';
import { holdCreditsStatement } from '../money/credits.ts';
import type { AgentLane } from './agents/agent-lane.ts';
import { hidesModels, type PromptMerge } from './lanes.ts';
import type { HeldLane } from './paying/first-holds.ts';
import type { Plan } from './plan.ts';

/** A turn that may not be stored yet. */
export type UnstoredTurn = Omit<TurnRow, 'created_at'>;

/** The jobs to start once they are committed. */
export interface AdmittedJobs {
  /** The account that pays. */
  creditAccountId: string;
  jobs: GenerationJob[];
}

/** A turn, and its jobs. */
export interface Admitted extends AdmittedJobs {
  turn: TurnRow;
}

export interface NewResponsesOptions extends Pick<Offer, 'languageModels'> {
  generation: Generation;
  agents: Agents;
  leaseMs: number;
}

interface NewLanes {
  turn: UnstoredTurn;
  plan: Plan;
  creditAccountId: string;
  apiKeyId: string | null;
  system: string | null;
  regenerated?: boolean;
  /** What the responses are made from. Absent: from the prompt alone, but for a lane that merges the others. */
  merge?: StoredMerge | null;
}

/** Makes the jobs of new responses, and the statements that store the responses and hold their credits. */
export function newResponses(
  { generation, agents, leaseMs, languageModels }: NewResponsesOptions,
  { turn, plan: { lanes, held }, creditAccountId, apiKeyId, system, regenerated = false, merge = null }: NewLanes,
) {
  const jobs = lanes.map((lane) => {
    const { id: modelId } = lane.model;
    const paidBy = { creditAccountId, apiKeyId };
    return toJob(lane, turn, { ...paidBy, modelId, system, languageModels, ofNewTurn: !regenerated });
  });
  const { id: turnId, conversation_id: conversationId, user_id: userId } = turn;
  const ids = jobs.map(({ identity }) => identity.id);
  const tasks = lanes.flatMap((lane, index) => {
    const job = jobs[index] as GenerationJob;
    return lane.agent ? { id: job.identity.id, task: assignAgent(agents, job, lane, lane.agent) } : [];
  });
  const merges = lanes.map((lane, index) => (lane.merge ? mergeOfOthers(lane.merge, ids.toSpliced(index, 1)) : merge));
  const statements = {
    held: holdCreditsStatement(creditAccountId, held),
    inserted: insertResponsesStatement({
      turnId,
      conversationId,
      userId,
      creditAccountId,
      apiKeyId,
      regenerated,
      owner: generation.owner,
      leaseMs,
      ids,
      lanes: lanes.map(({ lane }) => lane),
      modelIds: lanes.map(({ model }) => model.id),
      inputTokensExpected: lanes.map(({ inputTokens }) => inputTokens),
      creditsHeld: lanes.map(({ held }) => held),
      prices: lanes.map(pricesOf),
      filesSent: lanes.map(({ files }) => storedFiles(files)),
      merges: merges.map((one) => one && JSON.stringify(one)),
      agents: lanes.map(({ agent }) => (agent ? JSON.stringify(agent.stored) : null)),
      waits: lanes.map((lane) => lane.merge !== undefined),
    }),
    tasks:
      tasks.length > 0
        ? insertAgentTasksStatement({
            ids: tasks.map(({ id }) => id),
            tasks: tasks.map(({ task }) => JSON.stringify(task)),
          })
        : undefined,
  };
  return { jobs, statements };
}

/** Has the lane's answer written by its agent. @returns what another process needs to go on with it */
function assignAgent(
  agents: Agents,
  job: GenerationJob,
  { candidates, maximum }: HeldLane,
  agent: AgentLane,
): AgentTask {
  const { agentId, toolIds, firstCall } = agent.stored;
  const models = [candidates, ...agent.others];
  const { system, temperature, topP } = job;
  const asked = models.map((model) => model.map(toAskedCandidate));
  const task: AgentTask = { agentId, toolIds, firstCall, maximum, system, temperature, topP, models: asked };
  agents.assign(job, task, models);
  return task;
}

/** The merge of all other answers that its turn begins with. */
export function mergeOfOthers({ mode, instruction }: PromptMerge, sourceIds: string[]): StoredMerge {
  return { mode, sourceIds, instruction, withPrompt: true };
}

interface NewContinuation {
  turn: TurnRow;
  lane: HeldLane;
  creditAccountId: string;
  apiKeyId: string | null;
  system: string | null;
  continued: ResponseRow;
}

/** Like `newResponses`, for one response that goes on with the text of another. */
export function newContinuation(
  { generation, leaseMs, languageModels }: NewResponsesOptions,
  { turn, lane, creditAccountId, apiKeyId, system, continued }: NewContinuation,
) {
  const { text, reasoning, parts, citations, model_id: modelId } = continued;
  const paidBy = { creditAccountId, apiKeyId };
  const job = toJob(lane, turn, { ...paidBy, modelId, system, languageModels, ofNewTurn: false });
  const statements = {
    held: holdCreditsStatement(creditAccountId, lane.held),
    inserted: insertContinuationStatement({
      id: job.identity.id,
      continuesId: continued.id,
      creditAccountId,
      apiKeyId,
      owner: generation.owner,
      leaseMs,
      inputTokensExpected: lane.inputTokens,
      creditsHeld: lane.held,
      prices: pricesOf(lane),
      filesSent: storedFiles(lane.files),
    }),
    tasks: undefined,
  };
  return { jobs: [{ ...job, before: { text, reasoning, parts, citations } }], statements };
}

function pricesOf({ candidates, agent }: Pick<HeldLane, 'candidates' | 'agent'>): string {
  return keptPrices([...candidates, ...(agent?.others.flat() ?? [])].map(({ model }) => model));
}

interface JobOfLane extends Pick<ResponseIdentity, 'modelId' | 'ofNewTurn'>, Pick<Offer, 'languageModels'> {
  creditAccountId: string;
  apiKeyId: string | null;
  system: string | null;
}

function toJob(
  { lane, candidates, maximum, held, agent }: HeldLane,
  { id: turnId, conversation_id: conversationId, user_id: userId, parameters, ...turn }: UnstoredTurn,
  { creditAccountId, apiKeyId, system, languageModels, ...rest }: JobOfLane,
): GenerationJob {
  const identity = { id: newId(), turnId, conversationId, userId, lane, hidden: hidesModels(turn), ...rest };
  const { temperature, topP } = parameters;
  const paid = { creditAccountId, apiKeyId, creditsHeld: held, growsTo: held < maximum || agent ? maximum : undefined };
  return { identity, ...paid, candidates, languageModels, system, temperature, topP };
}
