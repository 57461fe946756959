import { findAgentTask, giveLeaseUp, handLeaseOver, takeTaskUp } from '../../database/agents/agent-runs.ts';
import { findMadeFiles } from '../../database/files/files.ts';
import { findChunks } from '../../database/response-chunks.ts';
import type { AnyResponseRow } from '../../database/responses.ts';
import { placesOf, withMadeFiles } from '../answering/answer-parts.ts';
import type { Generation } from '../answering/generation.ts';
import type { GenerationJob } from '../answering/generation-job.ts';
import { toNotices } from '../answering/responses.ts';
import { type Outcome, textSoFar, toAttempt } from '../answering/stored-response.ts';
import type { CurrentOffer } from '../catalogue/offer.ts';
import type { ToolBox } from '../tools/tool-box.ts';
import { AgentAnswer } from './agent-answer.ts';
import type { AgentDefinition } from './agent-definition.ts';
import { type AgentTask, candidatesOf } from './agent-task.ts';
import type { AgentLimits, AgentMeans } from './answer-context.ts';
import { critic } from './graphs/critic.ts';
import { debate } from './graphs/debate.ts';
import { planThenAct } from './graphs/plan-then-act.ts';
import { toolsLoop } from './graphs/tools-loop.ts';
import { leftOutcome } from './left-answer.ts';

export interface AgentsOptions extends Omit<AgentMeans, 'owner' | 'asker'> {
  generation: Generation;
  offer: CurrentOffer;
  /** Those that the program brings which has the API in its own process. */
  definitions?: readonly AgentDefinition[];
  journalled(): Promise<void>;
}

/** The agent of a prompt that names tools and no agent. */
export const TOOLS_AGENT = toolsLoop.id;

/** The agents of this house, and the answers that they write. */
export class Agents {
  readonly toolBox: ToolBox;
  readonly limits: AgentLimits;
  /** By id, in the order in which clients list them. */
  readonly definitions: ReadonlyMap<string, AgentDefinition>;
  readonly #options: AgentsOptions;

  constructor(options: AgentsOptions) {
    this.#options = options;
    this.toolBox = options.toolBox;
    this.limits = options.limits;
    const all = [toolsLoop, planThenAct, critic, debate, ...(options.definitions ?? [])];
    this.definitions = new Map(all.map((definition) => [definition.id, definition]));
  }

  /** Has the job's answer written by the task's agent. */
  assign(job: GenerationJob, task: AgentTask, models = [job.candidates]): GenerationJob {
    const { generation, journalled, definitions: _definitions, offer: _offer, ...means } = this.#options;
    const definition = this.definitions.get(task.agentId) ?? toolsLoop;
    const { languageModels } = job;
    const answer = {
      task,
      asked: job,
      models,
      languageModels,
      definition,
      journalled,
      beganAt: performance.now() - (job.ageMs ?? 0),
    };
    job.agent = new AgentAnswer({ ...means, owner: generation.owner, asker: generation.asker }, answer);
    return job;
  }

  /**
   * Goes on with an answer whose lease this process has taken, or ends it as stopped, if its row says so.
   *
   * @returns false: nothing is left to go on with
   */
  async resume(row: AnyResponseRow): Promise<boolean> {
    const { db, generation, offer } = this.#options;
    // A process that ends leaves it to another one, unless nothing is left to do but to end it.
    if (generation.draining && !row.stop_requested) {
      await giveLeaseUp(db, row.id, generation.owner);
      return true;
    }
    // Noted before anything else: what it is made of may be what its processes die of.
    if (!(await takeTaskUp(db, row.id))) return false;
    const task = (await findAgentTask(db, row.id)) as AgentTask | undefined;
    const { catalogue, languageModels } = offer.now;
    const models = task ? candidatesOf(task, catalogue, row.prices) : [];
    const [candidates] = models;
    if (!task || !candidates || candidates.length === 0 || row.turn_id === null || row.conversation_id === null)
      return false;
    const chunks = await findChunks(db, [row.id]);
    const texts = textSoFar(row, chunks);
    const made = await findMadeFiles(db, row.id);
    const job: GenerationJob = {
      identity: {
        id: row.id,
        turnId: row.turn_id,
        conversationId: row.conversation_id,
        userId: row.user_id,
        lane: row.lane,
        modelId: row.model_id,
        ofNewTurn: !row.regenerated,
      },
      creditAccountId: row.credit_account_id as string,
      apiKeyId: row.api_key_id,
      creditsHeld: row.credits_held,
      growsTo: Math.max(task.maximum, row.credits_held),
      ageMs: Math.max(0, Date.now() - row.created_at.getTime()),
      candidates,
      languageModels,
      system: task.system,
      before: {
        ...texts,
        parts: withMadeFiles(placesOf({ ...texts, parts: row.parts }), made),
        citations: row.citations,
      },
    };
    const started = generation.start(this.assign(job, task, models), (response) => {
      response.attempts.push(...row.attempts.map(toAttempt));
      response.firstTokenMs = row.first_token_ms;
      // Further images come behind those.
      response.images = made.map(() => Promise.resolve());
      for (const notice of toNotices(row)) response.notice(notice);
      if (row.stop_requested) response.stop('STOPPED');
    });
    if (started === null) await handLeaseOver(db, row.id, generation.owner);
    return true;
  }

  /** The outcome of an answer with which nobody goes on. @param outcome as its journal says it is */
  async left(row: AnyResponseRow, outcome: Outcome): Promise<Outcome> {
    const { db, generation, offer } = this.#options;
    return leftOutcome({ db, owner: generation.owner, catalogue: offer.now.catalogue }, row, outcome);
  }
}
