import { setTimeout as delay } from 'node:timers/promises';
import { answerCall, findPermissions } from '../../database/agents/approvals.ts';
import type { ToolCallRow } from '../../database/agents/tool-calls.ts';
import { findPlanAndTeams } from '../../database/teams.ts';
import { RESULT_LENGTH_MAX, ToolUnavailable } from '../../ports/tool.ts';
import { callTopic } from '../ground/notifications.ts';
import { toStorable } from '../ground/storable-text.ts';
import type { OfferedTool } from '../tools/tool-box.ts';
import type { StepRef } from './agent-definition.ts';
import { type AnswerContext, showCall } from './answer-context.ts';
import { argumentsOf } from './call-arguments.ts';
import type { BookedStep, StoredResult } from './step-book.ts';
import { GONE } from './step-messages.ts';

/** Calls of a step that are made at once. */
const AT_ONCE = 8;
/** Characters of base64 of all files of a result; further ones are left out. */
const FILES_LENGTH_MAX = 8 * 1024 * 1024;
/** As that, of all results of an answer: they are in memory for as long as it is written. */
const ALL_FILES_LENGTH_MAX = 32 * 1024 * 1024;
/** Parts of a result, and pages that it quotes. */
const CONTENT_MAX = 1000;
const CITATIONS_MAX = 1000;
const CUT = '\n[cut: the result is longer]';
/** How often it is looked whether the member has answered, should the notification be lost. */
const LOOK_MS = 2000;

/** Waits until no call of the step waits for its member any more. */
export async function awaitApproval(context: AnswerContext, { step: number }: StepRef): Promise<void> {
  const { book, course, notifications, response } = context;
  const step = book.step(number);
  if (!step?.calls.some(isWaiting)) return;
  let wake = () => {};
  const unsubscribe = notifications.subscribe(callTopic(response.id), () => wake());
  try {
    await course.withoutClock(async () => {
      for (;;) {
        course.requireGoing();
        const woken = new Promise<void>((resolve) => {
          wake = resolve;
        });
        await course.patiently(() => lookForAnswers(context, step));
        for (const call of step.calls) await refuseIfOverdue(context, call);
        for (const call of step.calls) showCall(context, call);
        const waiting = step.calls.filter(isWaiting);
        if (waiting.length === 0) return;
        const soonest = Math.min(...waiting.map(({ waits_until }) => (waits_until?.getTime() ?? 0) - Date.now()));
        await Promise.race([woken, paused(Math.min(LOOK_MS, Math.max(soonest, 0) + 1), course.signal)]);
      }
    });
  } finally {
    unsubscribe();
  }
}

/**
 * Looks what the member has said. What they have said for the whole conversation may have been said to another call at the
 * moment when this one began to wait.
 */
async function lookForAnswers({ db, book, asked }: AnswerContext, step: BookedStep): Promise<void> {
  await book.lookAtCalls(step);
  const waiting = step.calls.filter(isWaiting);
  if (waiting.length === 0) return;
  const { userId, conversationId } = asked.identity;
  const permissions = await findPermissions(db, { userId, conversationId });
  const answered = waiting.filter(({ tool_id }) => permissions.has(tool_id ?? ''));
  for (const call of answered) await answerCall(db, call.id, permissions.get(call.tool_id ?? '') === true);
  if (answered.length > 0) await book.lookAtCalls(step);
}

async function paused(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => {});
}

function isWaiting({ status }: ToolCallRow): boolean {
  return status === 'WAITING_FOR_APPROVAL';
}

async function refuseIfOverdue({ book, course }: AnswerContext, call: ToolCallRow): Promise<void> {
  if (!isWaiting(call) || (call.waits_until && call.waits_until.getTime() > Date.now())) return;
  const text = 'The user did not answer in time whether this call may be made: it was not made.';
  const result: StoredResult = { content: [{ type: 'text', text }], isError: true };
  await course.patiently(() => book.endCall(call, { from: ['WAITING_FOR_APPROVAL'], status: 'REFUSED', result }, null));
}

/** Makes the step's calls that may be made, some at once. */
export async function makeCalls(context: AnswerContext, ref: StepRef): Promise<StepRef> {
  // Whatever a graph forgets, nothing is done without the member's word.
  await awaitApproval(context, ref);
  const { book, course } = context;
  const step = book.step(ref.step);
  const waiting = step?.calls.filter(({ status }) => status === 'WRITTEN') ?? [];
  let isShort = false;
  const made = async () => {
    for (let call = waiting.shift(); call && !isShort; call = waiting.shift()) {
      course.requireGoing();
      if (!(await makeCall(context, call))) isShort = true;
    }
  };
  const lines = await Promise.allSettled(Array.from({ length: AT_ONCE }, made));
  for (const line of lines) if (line.status === 'rejected') throw line.reason;
  course.requireGoing();
  // Calls that are paid for have ended by now.
  if (isShort) course.end('CREDITS');
  return { kind: 'results', step: ref.step };
}

/** @returns false: no credits are left for it */
async function makeCall(context: AnswerContext, call: ToolCallRow): Promise<boolean> {
  const { book, course } = context;
  const offered = await course.patiently(() => offeredNow(context, call));
  const read = offered && argumentsOf(call.arguments, offered.tool.definition.parameters);
  if (!offered || typeof read !== 'object') {
    const result = failed(typeof read === 'string' ? read : GONE);
    await course.patiently(() => book.endCall(call, { from: ['WRITTEN'], status: 'FAILED', result }, null));
    showCall(context, call);
    return true;
  }
  const { priceCredits } = offered;
  // Noted before anything is waited for: calls of the same moment must not count on the same credits.
  book.reserved += priceCredits;
  try {
    if (!(await isPaid(context, priceCredits))) return false;
    await carryOut(context, offered, call, read);
    return true;
  } finally {
    book.reserved -= priceCredits;
  }
}

/** The tool of the call, if its member may use it now: an answer may take long, and wait for them for longer. */
async function offeredNow(
  { db, toolBox, asked: { identity } }: AnswerContext,
  { tool_id: id }: ToolCallRow,
): Promise<OfferedTool | undefined> {
  const asking = id === null ? undefined : await findPlanAndTeams(db, identity.userId);
  return id !== null && asking ? toolBox.get(id, asking) : undefined;
}

async function carryOut(
  context: AnswerContext,
  offered: OfferedTool,
  call: ToolCallRow,
  read: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { book, course } = context;
  const step = await course.patiently(() => book.begin(stepOf(context, call, offered), call));
  // It was begun before, by a process that has lost the answer.
  if (!step) return;
  call.status = 'RUNNING';
  call.started_at = step.row.started_at;
  showCall(context, call);
  const startedAt = performance.now();
  const end = await ended(context, offered, call, read);
  // What another process makes of a call that runs is decided there.
  if (course.ending === 'HANDED_OVER') course.requireGoing();
  const durationMs = Math.round(performance.now() - startedAt);
  await course.patiently(() => book.endCall(call, { from: ['RUNNING'], ...end }, step, durationMs));
  showCall(context, call);
}

/** Whether the hold covers a call of this price, which is reserved. */
async function isPaid({ hold, book, course }: AnswerContext, price: number): Promise<boolean> {
  if (price === 0) return true;
  const needed = book.spent.credits + book.reserved;
  if (needed > hold.maximum) return false;
  if (hold.held < needed) {
    await hold.cover(
      () => ({ needed, ahead: needed }),
      undefined,
      () => course.ending !== null,
    );
  }
  return hold.held >= needed;
}

function stepOf({ response }: AnswerContext, call: ToolCallRow, { tool, name }: OfferedTool) {
  return {
    key: `call/${call.id}`,
    kind: 'TOOL' as const,
    model_id: null,
    tool_id: tool.id,
    tool_name: name,
    input_tokens_expected: 0,
    text_start: response.text.length,
    reasoning_start: response.reasoning.length,
    parts_start: response.parts.length,
  };
}

type CallEnd = { status: 'DONE' | 'FAILED' | 'UNCERTAIN'; result: StoredResult | null; credits: number };

/** Has the tool called. A call that was made costs its price, whatever came of it. */
async function ended(
  { asked, book, course, log }: AnswerContext,
  { tool, priceCredits }: OfferedTool,
  call: ToolCallRow,
  read: Readonly<Record<string, unknown>>,
): Promise<CallEnd> {
  const { userId, conversationId } = asked.identity;
  // It may have ended while it was noted that the call begins.
  if (course.ending !== null) return { status: 'FAILED', result: failed(NEVER_MADE), credits: 0 };
  try {
    const request = { arguments: read, callId: call.id, userId, conversationId, signal: course.signal };
    const result = await unlessOver(tool.call(request), course.signal);
    const { isError } = result;
    return { status: isError ? 'FAILED' : 'DONE', result: bounded(result, book.filesLength), credits: priceCredits };
  } catch (error) {
    if (error instanceof ToolUnavailable) return { status: 'FAILED', result: failed(error.message), credits: 0 };
    if (course.ending !== null) return { status: 'UNCERTAIN', result: failed(STOPPED), credits: 0 };
    log.warn({ err: error, toolId: tool.id }, 'It is not known what became of a tool’s call.');
    return { status: 'UNCERTAIN', result: null, credits: 0 };
  }
}

/** A tool that does not heed its signal is not waited for. */
function unlessOver<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const abort = () => setTimeout(() => reject(signal.reason), PATIENCE_MS).unref();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

const PATIENCE_MS = 1000;
const STOPPED = 'It was stopped while it worked.';

const NEVER_MADE = 'It was never made: the answer ended before.';

function failed(text: string): StoredResult {
  return { content: [{ type: 'text', text: toStorable(text) }], isError: true };
}

/** The result as far as it is kept. @param filesLength that of the results before it */
function bounded({ content, isError, citations }: StoredResult, filesLength: number): StoredResult {
  let [textLeft, filesLeft] = [RESULT_LENGTH_MAX, Math.min(FILES_LENGTH_MAX, ALL_FILES_LENGTH_MAX - filesLength)];
  return {
    isError,
    ...(citations && { citations: citations.slice(0, CITATIONS_MAX) }),
    content: content.slice(0, CONTENT_MAX).map((part) => {
      if (part.type === 'text') {
        const text = part.text.length <= textLeft ? part.text : `${part.text.slice(0, Math.max(0, textLeft))}${CUT}`;
        textLeft -= part.text.length;
        return { type: 'text', text: toStorable(text) };
      }
      filesLeft -= part.data.length;
      return filesLeft >= 0 ? part : { type: 'text', text: 'A file that is too large was left out.' };
    }),
  };
}

/** Ends the calls that were not made by the end of the answer: nobody may approve them any more. */
export async function dropCalls(context: AnswerContext): Promise<void> {
  const { book, course } = context;
  const from = ['WAITING_FOR_APPROVAL', 'WRITTEN'] as const;
  const result = failed(NEVER_MADE);
  for (const call of book.steps.flatMap(({ calls }) => calls)) {
    if (!from.some((status) => status === call.status)) continue;
    await course.patiently(() => book.endCall(call, { from, status: 'FAILED', result }, null));
    showCall(context, call);
  }
}

/** Ends a call that was under way when its process died: it is never made again. */
export async function leaveUncertain(context: AnswerContext, step: BookedStep, call: ToolCallRow): Promise<void> {
  const { book, course } = context;
  const toolStep = book.steps.find(({ row }) => row.key === `call/${call.id}`) ?? null;
  const end = { from: ['RUNNING'] as const, status: 'UNCERTAIN' as const, result: null };
  // Nobody knows how long it ran.
  await course.patiently(() => book.endCall(call, end, toolStep, 0));
  await course.patiently(() => book.lookAtCalls(step));
}
