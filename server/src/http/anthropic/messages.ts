import type { IncomingMessage, ServerResponse } from 'node:http';
import { firstNews, stopWhenGone, streamAnswer } from '../../delivery/answer-stream.ts';
import { eventStreamHeaders } from '../../delivery/event-stream-outbox.ts';
import { likelyInputTokens } from '../../domain/asking/call-size.ts';
import type { Catalogue, Model } from '../../domain/catalogue/catalogue.ts';
import { resolveModelName } from '../../domain/catalogue/model-names.ts';
import type { AnswerUnderWay } from '../../domain/following/answer-under-way.ts';
import { InvalidInputError } from '../../domain/ground/errors.ts';
import type { CallOptions } from '../../ports/language-model.ts';
import { CallError, type CallProblem, problem, problemOf, problemOfEnd } from '../calls/call-problem.ts';
import { type CallsOptions, readCallBody, requireViewer } from '../calls/call-request.ts';
import { collectAnswer } from '../calls/collected-answer.ts';
import { tellCredits, tellCreditsAtEnd, tellCreditsOfRefused } from '../calls/credits-told.ts';
import { isPlaced, startCall } from '../calls/started-call.ts';
import { recordOf } from '../request-record.ts';
import type { Route } from '../route.ts';
import { MessageEncoder } from './message-encoder.ts';
import { type MessageContent, type MessageRequest, readMessageContent, readMessageRequest } from './message-request.ts';
import { refuse } from './refusal.ts';
import { textDocumentsAsFiles } from './text-documents.ts';
import { toMessage } from './whole-message.ts';

/** A request of Anthropic's protocol that has been told its id. */
interface Exchange {
  req: IncomingMessage;
  res: ServerResponse;
  requestId: string;
  calls: CallsOptions;
}

/** Anthropic's API: `POST /v1/messages` and `POST /v1/messages/count_tokens`. */
export function createMessagesRoutes(calls: CallsOptions): Route[] {
  return [
    {
      name: 'messages',
      matches: (path) => path === '/v1/messages' || path.startsWith('/v1/messages/'),
      handle: (req, res) => handle({ req, res, requestId: recordOf(req).requestId, calls }),
    },
  ];
}

async function handle(exchange: Exchange): Promise<void> {
  const { req, res, requestId, calls } = exchange;
  res.setHeader('request-id', requestId);
  try {
    await answererOf(req)(exchange);
  } catch (error) {
    const known = problemIn(error);
    // A client that goes away in the middle of its body is no fault of the server's, and is told nothing.
    if (!known && req.errored) throw error;
    if (!known) calls.log.error({ err: error, requestId }, 'A program’s request failed.');
    if (res.headersSent) res.destroy();
    else refuse(res, known ?? problem('internal', 'This server failed. Its log says why.'), requestId);
  }
}

function problemIn(error: unknown): CallProblem | null {
  const known = problemOf(error);
  // Of the messages only their length is found wrong after they were read.
  const isLength = error instanceof InvalidInputError && error.field === 'messages';
  return isLength ? problem('tooLong', error.message) : known;
}

/** @throws CallError */
function answererOf({ url = '' }: IncomingMessage): (exchange: Exchange) => Promise<void> {
  const path = url.split('?', 1)[0];
  if (path === '/v1/messages') return answerMessage;
  if (path === '/v1/messages/count_tokens') return countTokens;
  throw new CallError(problem('missing', 'This server has nothing at this path.'));
}

async function countTokens({ req, res, calls }: Exchange): Promise<void> {
  const { id: memberId } = await requireViewer(req, calls, 'PROMPT', 'READ');
  const body = await readCallBody(req, calls);
  await calls.remoteUrls?.fetchInto(body.messages, 'messages', { memberId, res });
  const content = readMessageContent(body);
  const model = resolveModelName(calls.offer.now.catalogue, content.model);
  const input_tokens = await likelyInputTokens(content, model);
  sendJson(res, { input_tokens });
}

async function answerMessage(exchange: Exchange): Promise<void> {
  const { req, res, calls } = exchange;
  const viewer = await requireViewer(req, calls, 'PROMPT');
  const { model: name, stream, house, ...asked } = await requestOf(exchange, viewer.id);
  const { catalogue } = calls.offer.now;
  const model = resolveModelName(catalogue, name);
  const inputTokens = await likelyInputTokens(asked, model);
  requireRoom(model, inputTokens);
  const options = optionsFor(model, catalogue, asked.options);
  // This protocol has no word for a call that is kept; only the header says it.
  const call = { input: { ...asked, options, modelId: model.id }, house, isStored: false };
  const answer = await startCall({ req, res }, calls, viewer, call);
  stopWhenGone(res, answer);
  if (stream) await streamMessage(exchange, answer, { showsThinking: asked.reasoning, inputTokens });
  else await sendMessage(exchange, answer, asked);
}

/** Reads the request in a function of its own: whoever waits for the answer does not hold the body. */
async function requestOf({ req, res, calls }: Exchange, memberId: string): Promise<MessageRequest> {
  const body = await readCallBody(req, calls);
  await calls.remoteUrls?.fetchInto(body.messages, 'messages', { memberId, res });
  if (isPlaced(req)) textDocumentsAsFiles(body.messages);
  return readMessageRequest(body);
}

/**
 * Programs of this protocol tell every model an effort, as Claude Code does. Models behind chat completions are not told
 * it: many of them refuse a request with one.
 */
function optionsFor({ providerId }: Model, { providers }: Catalogue, options: CallOptions): CallOptions {
  const kind = providers.get(providerId)?.kind;
  if (kind !== 'openai' && kind !== 'openai-compatible') return options;
  return { ...options, effort: undefined };
}

/**
 * Requires that the model has room for the request, before it is measured for its price.
 *
 * @throws CallError
 */
function requireRoom({ contextWindow }: Model, inputTokens: number): void {
  if (inputTokens < contextWindow) return;
  throw new CallError(problem('tooLong', `prompt is too long: ${inputTokens} tokens > ${contextWindow} maximum`));
}

async function streamMessage(
  { res, requestId }: Exchange,
  answer: AnswerUnderWay,
  options: { showsThinking: boolean; inputTokens: number },
): Promise<void> {
  const news = await firstNews(answer);
  const failure = news === 'begun' ? null : problemOfEnd(news);
  if (failure || res.destroyed) answer.reader.close();
  if (failure) {
    if (news !== 'begun') tellCreditsOfRefused(res, news);
    throw new CallError(failure);
  }
  if (res.destroyed) return;
  tellCreditsAtEnd(res, answer);
  res.writeHead(200, eventStreamHeaders);
  const encoder = new MessageEncoder({ ...options, id: answer.id, requestId, model: servedBy(answer) });
  await streamAnswer(res, answer, encoder);
}

async function sendMessage(
  { res }: Exchange,
  answer: AnswerUnderWay,
  { reasoning }: Pick<MessageContent, 'reasoning'>,
): Promise<void> {
  // Nothing is written until the model has ended, which it must within limits of its own.
  res.setTimeout(0);
  const { end, parts } = await collectAnswer(answer);
  const failure = problemOfEnd(end);
  if (failure || !end) {
    tellCreditsOfRefused(res, end);
    throw new CallError(failure ?? problem('internal', 'The server lost this answer. Ask again.'));
  }
  tellCredits(res, end);
  sendJson(res, toMessage({ id: answer.id, model: servedBy(answer), showsThinking: reasoning }, { end, parts }));
}

function servedBy({ reader, modelId }: AnswerUnderWay): string {
  return reader.response.servedBy ?? modelId;
}

function sendJson(res: ServerResponse, value: object): void {
  res.writeHead(200, { 'Content-Type': 'application/json; charset=utf-8' }).end(JSON.stringify(value));
}
