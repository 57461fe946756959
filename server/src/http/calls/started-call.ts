import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CallInput } from '../../domain/asking/calls.ts';
import type { AnswerUnderWay } from '../../domain/following/answer-under-way.ts';
import type { Viewer } from '../../domain/people/members.ts';
import { CallError, invalid, problem } from './call-problem.ts';
import type { CallsOptions } from './call-request.ts';
import type { HouseTools } from './house-tools.ts';
import { keepCall, keptHeaders } from './kept-call.ts';

/** A call of any protocol, once its body was read. */
export interface CallToStart {
  input: CallInput;
  /** Tools of this server that the model may use. Null or absent: none. */
  house?: HouseTools | null;
  /** Whether the body asks that the call is kept. */
  isStored: boolean;
}

/**
 * Starts the call: one that leaves nothing but its receipt, or one that becomes a turn of a conversation, which the
 * response's head then names.
 *
 * @throws CallError, DomainError: nothing was stored, held or started
 */
export async function startCall(
  { req, res }: { req: IncomingMessage; res: ServerResponse },
  calls: Pick<CallsOptions, 'prompts' | 'held' | 'domain' | 'uploads' | 'givesTools'>,
  viewer: Viewer,
  { input, house = null, isStored }: CallToStart,
): Promise<AnswerUnderWay> {
  const place = placeOf(req, isStored);
  if (house) requireTools(calls, place !== null);
  if (!place) return calls.held.hold(viewer.id, input.messages, () => calls.prompts.call(viewer, input));
  const kept = await whileThere(res, (signal) =>
    keepCall(calls, viewer, { ...input, ...place, house, modelIds: [input.modelId] }, signal),
  );
  for (const [name, value] of Object.entries(keptHeaders(kept))) res.setHeader(name, value);
  const [answer] = kept.answers;
  if (!answer) throw new CallError(problem('overloaded', 'The server is restarting. Ask again in a few seconds.'));
  return answer;
}

/** @throws CallError if the call may not use tools of this server */
function requireTools({ givesTools }: Pick<CallsOptions, 'givesTools'>, isKept: boolean): void {
  if (!givesTools) throw invalid('tools', 'This server lets programs use none of its tools (TOOLS_FOR_PROGRAMS).');
  // The member approves calls in the conversation, and sees there what was done.
  if (!isKept) throw invalid('tools', TOOLS_NEED_KEEPING);
}

const TOOLS_NEED_KEEPING =
  'Tools of this server are used in calls that are kept: send the header X-Polylogue-Conversation, or in OpenAI’s protocols "store": true.';

/** Does work whose signal is aborted when the client goes away. */
export async function whileThere<T>(res: ServerResponse, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const gone = new AbortController();
  const leave = () => gone.abort(new CallError(problem('internal', 'The client has gone.')));
  res.once('close', leave);
  if (res.destroyed) leave();
  try {
    return await work(gone.signal);
  } finally {
    res.off('close', leave);
  }
}

/** Stands in the header for a conversation that is yet to be made. */
const NEW = 'new';
const PLACE = 'x-polylogue-conversation';

/** Whether a header asks that the call is kept. */
export function isPlaced({ headers }: IncomingMessage): boolean {
  return headers[PLACE] !== undefined;
}

/** Where the call is kept: the header says it of any protocol, and goes before the body. Null: nowhere. */
function placeOf({ headers }: IncomingMessage, isStored: boolean): { conversationId: string | null } | null {
  const named = headers[PLACE];
  if (named === undefined) return isStored ? { conversationId: null } : null;
  if (typeof named === 'string' && named !== '') return { conversationId: named === NEW ? null : named };
  throw invalid('X-Polylogue-Conversation', `must be a conversation’s id, or ${NEW}`);
}
