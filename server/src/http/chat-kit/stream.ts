import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { stopWhenGone, streamAnswer } from '../../delivery/answer-stream.ts';
import { eventStreamHeaders } from '../../delivery/event-stream-outbox.ts';
import { findNamedConversation } from '../../domain/conversations/client-conversations.ts';
import type { AnswerUnderWay } from '../../domain/following/answer-under-way.ts';
import { problemOf } from '../calls/call-problem.ts';
import { readCallBody } from '../calls/call-request.ts';
import { tellCreditsAtEnd } from '../calls/credits-told.ts';
import { type KeptCall, keepCall, keptHeaders } from '../calls/kept-call.ts';
import { whileThere } from '../calls/started-call.ts';
import { unnamedModel } from '../calls/unnamed-models.ts';
import { type Caller, type ChatKitOptions, callerOf } from './caller.ts';
import { ChatKitFrames, errorFrame } from './frames.ts';
import { type ChatStreamRequest, readStreamRequest } from './request.ts';

/**
 * `POST /chat/stream`. Once the body is known to be valid, the status is 200 and every fault is an `error` event.
 *
 * @throws CallError before that
 */
export async function answerStream(req: IncomingMessage, res: ServerResponse, options: ChatKitOptions): Promise<void> {
  const caller = await callerOf(req, options, 'PROMPT');
  const request = readStreamRequest(await readCallBody(req, options.calls));
  const conversationId = request.conversationId ?? randomUUID().replaceAll('-', '');
  const started = await whileThere(res, (signal) => start(options, caller, { ...request, conversationId }, signal));
  if ('fault' in started) {
    res.writeHead(200, eventStreamHeaders).end(errorFrame(started.fault));
    return;
  }
  const { kept, answer } = started;
  stopWhenGone(res, answer);
  tellCreditsAtEnd(res, answer);
  res.writeHead(200, { ...eventStreamHeaders, ...keptHeaders(kept) });
  res.flushHeaders();
  await streamAnswer(res, answer, new ChatKitFrames({ conversationId, modelId: answer.modelId }));
}

type Started = { kept: KeptCall; answer: AnswerUnderWay } | { fault: string };

async function start(
  { calls }: ChatKitOptions,
  caller: Caller,
  { userId, conversationId: name, model, system, messages }: ChatStreamRequest & { conversationId: string },
  signal: AbortSignal,
): Promise<Started> {
  try {
    const member = await caller.require(userId);
    const found = await findNamedConversation(calls.domain.db, member.id, name);
    const place = found ? { conversationId: found.id } : { conversationId: null, clientId: name };
    const modelIds = [model ?? (await unnamedModel(calls, member))];
    const kept = await keepCall(calls, member, { ...place, modelIds, system, messages }, signal);
    const [answer] = kept.answers;
    return answer ? { kept, answer } : { fault: 'The server is restarting. Ask again in a few seconds.' };
  } catch (error) {
    const known = problemOf(error);
    if (!known) calls.log.error({ err: error }, 'A program’s request failed.');
    return { fault: known?.message ?? 'This server failed. Its log says why.' };
  }
}
