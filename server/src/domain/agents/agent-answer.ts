import { setTimeout as delay } from 'node:timers/promises';
import { isTransient } from '../../database/connection/transient.ts';
import type { StoredCitation } from '../../database/database.ts';
import { type FinishReason, ModelFailure } from '../../ports/language-model.ts';
import type { AgentEnd, AgentWriter, AnswerHold, Candidate } from '../answering/generation-job.ts';
import type { LiveResponse } from '../answering/live-responses.ts';
import type { AgentDefinition, AgentNode, AgentRun, NodeConfig } from './agent-definition.ts';
import type { AgentMeans, AnswerContext } from './answer-context.ts';
import { AnswerCourse, AnswerOver } from './answer-course.ts';
import { createCheckpointer, runConfig } from './langgraph.ts';
import { askModel } from './model-steps.ts';
import { StepBook, type StoredResult } from './step-book.ts';
import { takeStepsUp } from './taking-up.ts';
import { awaitApproval, dropCalls, makeCalls } from './tool-steps.ts';

/** What one answer is made from. */
export type AnswerToWrite = Pick<
  AnswerContext,
  'task' | 'asked' | 'models' | 'languageModels' | 'beganAt' | 'journalled'
> & { definition: AgentDefinition };

/** Writes one answer by its agent's graph, from its beginning or from where another process left it. */
export class AgentAnswer implements AgentWriter {
  readonly #means: AgentMeans;
  readonly #answer: AnswerToWrite;

  constructor(means: AgentMeans, answer: AnswerToWrite) {
    this.#means = means;
    this.#answer = answer;
  }

  async write(response: LiveResponse, hold: AnswerHold): Promise<AgentEnd | null> {
    const { db, owner, limits } = this.#means;
    const { definition: _definition, ...answer } = this.#answer;
    const opening = new AnswerCourse(response, limits.minutesMax * 60_000);
    const book = await opening
      .patiently(() => StepBook.open(db, response.id, owner))
      .finally(() => opening.close())
      .catch((error) => orNull(error));
    if (!book) return null;
    const course = new AnswerCourse(response, limits.minutesMax * 60_000 - usedMsOf(book));
    const context: AnswerContext = { ...this.#means, ...answer, response, hold, book, course };
    try {
      await takeStepsUp(context);
      await this.#run(context);
      if (course.ending !== 'HANDED_OVER') await dropCalls(context);
    } catch (error) {
      if (!(error instanceof AnswerOver)) throw error;
    } finally {
      course.close();
    }
    if (course.ending !== 'HANDED_OVER') return endOf(context);
    await this.#handOver(context);
    return null;
  }

  /** Runs the graph to its end, or until the answer ends before. */
  async #run(context: AnswerContext): Promise<void> {
    const { course, book, db } = context;
    const work = new GraphWork(context);
    let tries = 0;
    while (course.ending === null) {
      const stepsBefore = book.steps.length;
      try {
        await this.#invoke(context, work);
        return;
      } catch (error) {
        await work.settled();
        if (course.ending !== null) return;
        tries = book.steps.length > stepsBefore ? 0 : tries + 1;
        if (!isTransient(error) || tries > TRIES_MAX) return this.#fail(context, error);
        // What was done is found again, once the database is there.
        await delay(RETRY_MS);
        await course.patiently(() => db.transaction().execute((trx) => book.requireOwned(trx)));
      }
    }
  }

  async #invoke({ db, response, course, book }: AnswerContext, work: GraphWork): Promise<void> {
    const checkpointer = await createCheckpointer(db, (trx) => book.requireOwned(trx));
    const config = runConfig(response.id, course.signal);
    const graph = await this.#answer.definition.graph(work.run(checkpointer));
    const isBegun = (await checkpointer.getTuple(config)) !== undefined;
    await graph.invoke(isBegun ? null : {}, config);
  }

  #fail({ course, response, log }: AnswerContext, error: unknown): void {
    const { definition, asked } = this.#answer;
    const requestId = asked.origin?.requestId;
    log.error(
      { err: error, requestId, responseId: response.id, agentId: definition.id },
      'The graph of an agent failed.',
    );
    course.ending = 'FAILED';
    course.failure = new ModelFailure('INTERNAL', `The agent ${definition.name} failed on this server.`);
  }

  /** Leaves the answer to another process, with all that was written of it. */
  async #handOver({ book, log, response }: AnswerContext): Promise<void> {
    await this.#answer.journalled();
    await book.handOver().catch((error) => {
      log.warn(
        { err: error, responseId: response.id },
        'An answer is left to other processes when its lease runs out.',
      );
    });
  }
}

const RETRY_MS = 200;
/** How often a graph is run again that fails and gets no further, while the database is there. */
const TRIES_MAX = 5;

function orNull(error: unknown): null {
  if (error instanceof AnswerOver) return null;
  throw error;
}

/** How long steps were made, in ms; those that were made at once count once. */
function usedMsOf({ steps }: StepBook): number {
  let [used, until] = [0, 0];
  for (const { row } of steps.toSorted((a, b) => a.row.started_at.getTime() - b.row.started_at.getTime())) {
    const from = Math.max(until, row.started_at.getTime());
    until = Math.max(until, row.started_at.getTime() + (row.duration_ms ?? 0));
    used += Math.max(0, until - from);
  }
  return used;
}

/** What the nodes of a graph do for one answer. */
class GraphWork {
  readonly #context: AnswerContext;
  readonly #underWay = new Set<Promise<unknown>>();
  /** Models write one after the other: there is one text. */
  #writing: Promise<unknown> = Promise.resolve();

  constructor(context: AnswerContext) {
    this.#context = context;
  }

  run(checkpointer: unknown): AgentRun {
    const models = this.#context.models.flatMap(([first]) =>
      first ? [{ id: first.model.id, name: first.model.name }] : [],
    );
    return { checkpointer, models, at: (config) => this.#node(config) };
  }

  /** Resolves when nothing is under way any more. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
  }

  #node({ configurable }: NodeConfig): AgentNode {
    const name = configurable?.checkpoint_ns ?? '';
    const context = this.#context;
    let asked = 0;
    return {
      ask: (question = {}) => {
        const key = `${name}/${asked++}`;
        const turn = this.#writing.then(() => askModel(context, key, question));
        this.#writing = turn.catch(() => {});
        return this.#tracked(turn);
      },
      approve: (said) => this.#tracked(awaitApproval(context, said)),
      useTools: (said) => this.#tracked(makeCalls(context, said)),
    };
  }

  #tracked<Result>(work: Promise<Result>): Promise<Result> {
    const settled = work.then(
      () => {},
      () => {},
    );
    this.#underWay.add(settled);
    void settled.then(() => this.#underWay.delete(settled));
    return work;
  }
}

function endOf({ book, course, models }: AnswerContext): AgentEnd {
  const { ending, failure } = course;
  const said = book.steps.flatMap((step) => (step.row.kind === 'MODEL' ? step : []));
  const last = said.findLast(({ said }) => !said?.isBroken || said.isPaused);
  const isShortened = ending === 'CREDITS' || ending === 'STEPS' || ending === 'MINUTES';
  const spent = book.spent;
  const candidates = models.flat();
  return {
    failure:
      ending === 'FAILED' ? (failure ?? new ModelFailure('INTERNAL', 'Something went wrong on this server.')) : null,
    finishReason: isShortened || ending === 'LENGTH' ? 'LENGTH' : endReasonOf(last?.said?.finishReason ?? null),
    shortenedBy: isShortened ? ending : null,
    refusal: last?.said?.refusal ?? '',
    citations: citationsOf(book),
    candidate: candidates.find(({ model }) => model.id === last?.row.model_id) ?? (candidates[0] as Candidate),
    spent,
  };
}

const CITATIONS_MAX = 1000;

function citationsOf({ steps }: StepBook): StoredCitation[] {
  const all = steps.flatMap(({ said, calls }) => [
    ...(said?.citations ?? []),
    ...calls.flatMap(({ result }) => (result as StoredResult | null)?.citations ?? []),
  ]);
  return [...new Map(all.map((citation) => [citation.url, citation])).values()].slice(0, CITATIONS_MAX);
}

/** The calls of an agent are this house's: nobody else is to make them. */
function endReasonOf(reason: FinishReason | null): FinishReason | null {
  return reason === 'TOOL_CALLS' ? null : reason;
}
