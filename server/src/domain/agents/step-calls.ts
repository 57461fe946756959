import { v7 as newId } from 'uuid';
import { findPermissions } from '../../database/agents/approvals.ts';
import type { NewToolCall } from '../../database/agents/tool-calls.ts';
import type { KnownAddresses } from '../../ports/tool.ts';
import type { LiveToolCall } from '../answering/live-tool-call.ts';
import { toStorable } from '../ground/storable-text.ts';
import type { OfferedTool } from '../tools/tool-box.ts';
import { type AnswerContext, toolsOf } from './answer-context.ts';
import { argumentsOf, hasUnseen } from './call-arguments.ts';
import { findKnownAddresses } from './known-addresses.ts';
import type { BookedStep } from './step-book.ts';
import { GONE } from './step-messages.ts';

/** Calls of one step; further ones are not made. */
const CALLS_MAX = 32;

/** The calls of a step as they are noted: made at once, waiting for the member, or not to be made. */
export async function callsOf(
  context: AnswerContext,
  { row: step }: BookedStep,
  calls: readonly LiveToolCall[],
  { isWhole, tools }: { isWhole: boolean; tools: ReadonlyMap<string, OfferedTool> },
): Promise<NewToolCall[]> {
  if (calls.length === 0) return [];
  const { db, asked, course, limits } = context;
  const { userId, conversationId } = asked.identity;
  const toolsNow = toolsOf(context);
  const permissions = await course.patiently(() => findPermissions(db, { userId, conversationId }));
  const known = await course.patiently(() => findKnownAddresses(context));
  return calls.map((call, place): NewToolCall => {
    const { progress, id, name, signature } = call;
    const offered = toolsNow.get(name);
    const toolId = (offered ?? tools.get(name))?.tool.id ?? null;
    const made = {
      id: progress?.id ?? newId(),
      response_id: step.response_id,
      step: step.number,
      place,
      provider_call_id: id,
      signature: signature && toStorable(signature),
      tool_id: toolId,
      name,
      arguments: call.arguments.toString(),
    };
    const refusal = isWhole
      ? refusalOf(call, place, { offered, isKnown: toolId !== null })
      : 'It was never made: the answer ended before.';
    const failed = (text: string): NewToolCall => {
      const result = { content: [{ type: 'text', text: toStorable(text) }], isError: true };
      return { ...made, status: 'FAILED', result: JSON.stringify(result) };
    };
    if (!offered || toolId === null || refusal !== null) return failed(refusal ?? GONE);
    const permission = permissions.get(toolId);
    if (permission === false) return { ...made, status: 'REFUSED' };
    if (permission || !offered.needsApproval || isExpected(made.arguments, offered, known)) {
      return { ...made, status: 'WRITTEN' };
    }
    // Nobody is worn down until they approve what they have refused.
    if (wasRefused(context, made)) return { ...made, status: 'REFUSED' };
    if (hasUnseen(made.arguments)) return failed(UNSEEN);
    const waitsUntil = new Date(Date.now() + limits.approvalMinutes * 60_000);
    return { ...made, status: 'WAITING_FOR_APPROVAL', waits_until: waitsUntil };
  });
}

const UNSEEN =
  'The user has to approve this call, and its arguments have characters that nobody sees. Write them without.';

function wasRefused({ book }: AnswerContext, call: Pick<NewToolCall, 'tool_id' | 'arguments'>): boolean {
  return book.steps.some(({ calls }) =>
    calls.some((one) => one.status === 'REFUSED' && one.tool_id === call.tool_id && one.arguments === call.arguments),
  );
}

/** Whether the call does only what its member asked for, by the tool's word. */
function isExpected(json: string, { tool }: OfferedTool, known: KnownAddresses): boolean {
  const read = argumentsOf(json, tool.definition.parameters);
  return typeof read === 'object' && tool.isExpected?.({ arguments: read }, known) === true;
}

/** Why the call cannot be made, in words for the model; null: it can. */
function refusalOf(
  call: LiveToolCall,
  place: number,
  { offered, isKnown }: { offered: OfferedTool | undefined; isKnown: boolean },
): string | null {
  if (!offered) return isKnown ? GONE : `There is no tool "${call.name}".`;
  if (place >= CALLS_MAX) return `At most ${CALLS_MAX} tools are called at once.`;
  const read = argumentsOf(call.arguments.toString(), offered.tool.definition.parameters);
  return typeof read === 'string' ? read : null;
}
