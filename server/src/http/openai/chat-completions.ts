import type { IncomingMessage, ServerResponse } from 'node:http';
import { firstNews, stopWhenGone, streamAnswer } from '../../delivery/answer-stream.ts';
import { eventStreamHeaders } from '../../delivery/event-stream-outbox.ts';
import { resolveModelName } from '../../domain/catalogue/model-names.ts';
import type { AnswerUnderWay } from '../../domain/following/answer-under-way.ts';
import { problemOfEnd } from '../calls/call-problem.ts';
import { type CallsOptions, readCallBody, requireViewer } from '../calls/call-request.ts';
import { collectAnswer } from '../calls/collected-answer.ts';
import { tellCredits, tellCreditsAtEnd, tellCreditsOfRefused } from '../calls/credits-told.ts';
import { sendLongJson } from '../calls/long-json.ts';
import { startCall } from '../calls/started-call.ts';
import { ChatChunks } from './chat-chunks.ts';
import { chatIdentity, toChatCompletion } from './chat-completion.ts';
import { type ChatRequest, readChatRequest } from './chat-request.ts';
import { requireRoom } from './context-room.ts';
import { jsonHeaders, refuseCall } from './openai-error.ts';

/**
 * `POST /v1/chat/completions`, by an API key with the scope PROMPT, or a session.
 *
 * @throws CallError, DomainError: nothing was stored, held or started
 */
export async function handleChatCompletions(
  req: IncomingMessage,
  res: ServerResponse,
  calls: CallsOptions,
): Promise<void> {
  if (req.method !== 'POST') res.setHeader('Allow', 'POST');
  const viewer = await requireViewer(req, calls, 'PROMPT');
  const request = await requestOf({ req, res, memberId: viewer.id }, calls);
  const model = resolveModelName(calls.offer.now.catalogue, request.model);
  await requireRoom(model, request.input, 'messages');
  const { input, house, isStored } = request;
  const answer = await startCall({ req, res }, calls, viewer, {
    input: { ...input, modelId: model.id, givesImages: true },
    house,
    isStored,
  });
  try {
    stopWhenGone(res, answer);
    await (request.isStreamed ? stream(res, answer, request) : complete(res, answer));
  } catch (error) {
    answer.stop();
    throw error;
  }
}

/** Reads the request in a function of its own: whoever waits for the answer does not hold the body. */
async function requestOf(
  { req, res, memberId }: { req: IncomingMessage; res: ServerResponse; memberId: string },
  calls: CallsOptions,
): Promise<ChatRequest> {
  const body = await readCallBody(req, calls);
  await calls.remoteUrls?.fetchInto(body.messages, 'messages', { memberId, res });
  return readChatRequest(body);
}

async function stream(res: ServerResponse, answer: AnswerUnderWay, request: ChatRequest): Promise<void> {
  const chunks = new ChatChunks(answer, chatIdentity(answer.id), request);
  const news = await firstNews(answer);
  const failure = news === 'begun' ? null : problemOfEnd(news);
  if (failure || res.destroyed) {
    answer.reader.close();
    if (news !== 'begun') tellCreditsOfRefused(res, news);
    return void (failure && refuseCall(res, failure));
  }
  tellCreditsAtEnd(res, answer);
  res.writeHead(200, eventStreamHeaders);
  await streamAnswer(res, answer, chunks);
}

async function complete(res: ServerResponse, answer: AnswerUnderWay): Promise<void> {
  const identity = chatIdentity(answer.id);
  // Nothing is written until the model has ended, which it must within limits of its own.
  res.setTimeout(0);
  const { end, parts } = await collectAnswer(answer);
  if (res.destroyed) return;
  const failure = problemOfEnd(end);
  if (failure || !end) {
    tellCreditsOfRefused(res, end);
    return void (failure && refuseCall(res, failure));
  }
  tellCredits(res, end);
  const model = end.outcome.servedBy?.id ?? answer.modelId;
  await sendLongJson(res, toChatCompletion(identity, model, { parts, end }), jsonHeaders);
}
