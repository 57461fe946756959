import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { ToolCallRow } from '../../database/agents/tool-calls.ts';
import type { Database } from '../../database/database.ts';
import type { LanguageModel } from '../../ports/language-model.ts';
import { contentOf, shownResult } from '../answering/calls/shown-result.ts';
import type { AnswerHold, AskedJob, Candidate } from '../answering/generation-job.ts';
import type { LiveResponse } from '../answering/live-responses.ts';
import type { CandidateAsker } from '../answering/requests/candidate-asker.ts';
import type { Notifications } from '../ground/notifications.ts';
import type { OfferedTool, ToolBox } from '../tools/tool-box.ts';
import type { AgentTask } from './agent-task.ts';
import type { AnswerCourse } from './answer-course.ts';
import type { StepBook } from './step-book.ts';

/** What an answer of an agent may take. */
export interface AgentLimits {
  /** Requests to models. */
  stepsMax: number;
  /** Without the time in which it waits for its member. */
  minutesMax: number;
  /** How long a call waits for its member's word. */
  approvalMinutes: number;
  /** Credits. */
  creditsMax: number;
}

/** What writes answers step by step. */
export interface AgentMeans {
  db: Kysely<Database>;
  /** The process's name on the leases of its responses. */
  owner: string;
  asker: Pick<CandidateAsker, 'ask'>;
  toolBox: ToolBox;
  notifications: Notifications;
  limits: AgentLimits;
  log: Logger;
}

/** One answer that is being written. */
export interface AnswerContext extends AgentMeans {
  task: AgentTask;
  asked: Pick<AskedJob, 'identity' | 'apiKeyId' | 'origin'>;
  /** Of the model that was chosen, then of the others. */
  models: readonly (readonly Candidate[])[];
  languageModels: ReadonlyMap<string, LanguageModel>;
  response: LiveResponse;
  hold: AnswerHold;
  book: StepBook;
  course: AnswerCourse;
  /** When it began, as `performance.now()`. */
  beganAt: number;
  /** Resolves when all that was written until now is journalled. */
  journalled(): Promise<void>;
}

/** The tools that the answer may use now, by the names that models know them by. */
export function toolsOf({ task, toolBox }: Pick<AnswerContext, 'task' | 'toolBox'>): Map<string, OfferedTool> {
  const offered = task.toolIds.flatMap((id) => toolBox.get(id) ?? []);
  return new Map(offered.map((one) => [one.tool.definition.name, one]));
}

/** Shows a call as it is in the database now. */
export function showCall({ response }: Pick<AnswerContext, 'response'>, row: ToolCallRow): void {
  const progress = response.calls.find((call) => call.progress?.id === row.id)?.progress;
  if (!progress) return;
  // A call that is whole is about to be made.
  const status = row.status === 'WRITTEN' ? 'RUNNING' : row.status;
  // Its result comes with its end.
  const isKnown = progress.status === status && (progress.credits !== null) === (row.ended_at !== null);
  if (isKnown) return;
  progress.status = status;
  progress.durationMs = durationOf(row);
  progress.credits = row.ended_at ? row.credits : null;
  progress.result = shownResult(contentOf(row));
  response.noteCall();
}

/** How long the tool worked, in ms; null: it was not asked, has not ended, or nobody knows when it did. */
function durationOf({ status, started_at: from, ended_at: to }: ToolCallRow): number | null {
  return from && to && status !== 'UNCERTAIN' ? Math.max(0, to.getTime() - from.getTime()) : null;
}
