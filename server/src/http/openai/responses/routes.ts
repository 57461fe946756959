import type { IncomingMessage, ServerResponse } from 'node:http';
import { firstNews, stopWhenGone, streamAnswer } from '../../../delivery/answer-stream.ts';
import { eventStreamHeaders } from '../../../delivery/event-stream-outbox.ts';
import { resolveModelName } from '../../../domain/catalogue/model-names.ts';
import type { AnswerUnderWay } from '../../../domain/following/answer-under-way.ts';
import { InvalidInputError } from '../../../domain/ground/errors.ts';
import type { Viewer } from '../../../domain/people/members.ts';
import { CallError, problem, problemOfEnd } from '../../calls/call-problem.ts';
import { type CallsOptions, readCallBody, requireViewer } from '../../calls/call-request.ts';
import { tellCredits, tellCreditsAtEnd, tellCreditsOfRefused } from '../../calls/credits-told.ts';
import { sendLongJson } from '../../calls/long-json.ts';
import { startCall } from '../../calls/started-call.ts';
import type { Route } from '../../route.ts';
import { requireRoom } from '../context-room.ts';
import { inOpenAIsWords, jsonHeaders, refuseCall } from '../openai-error.ts';
import { bareId, describe, endedResponse } from './response-object.ts';
import { ResponseOutput } from './response-output.ts';
import { type ResponseRequest, readResponseRequest } from './response-request.ts';
import { ResponseStreamEncoder, type StreamOptions } from './response-stream.ts';

const PATH = '/v1/responses';

/** OpenAI's Responses API. It keeps no responses, so that there is none to get, to cancel or to delete. */
export function createResponsesRoutes(options: CallsOptions): Route[] {
  return [
    {
      name: 'responses',
      matches: (path) => path === PATH,
      handle: inOpenAIsWords((req, res) => answerResponse(req, res, options)),
    },
    {
      name: 'responses',
      matches: (path) => path.startsWith(`${PATH}/`),
      handle: inOpenAIsWords(async (req) => {
        await requireViewer(req, options, 'READ', 'PROMPT');
        throw new CallError(problem('missing', 'There is no such response: this server keeps none.'));
      }),
    },
  ];
}

async function answerResponse(req: IncomingMessage, res: ServerResponse, options: CallsOptions): Promise<void> {
  if (req.method !== 'POST') res.setHeader('Allow', 'POST');
  const viewer = await requireViewer(req, options, 'PROMPT');
  const request = await requestOf({ req, res, memberId: viewer.id }, options);
  const answer = await start({ req, res }, options, viewer, request);
  try {
    stopWhenGone(res, answer);
    await (request.isStreamed ? stream(res, answer, request) : sendWhole(res, answer, request));
  } catch (error) {
    answer.stop();
    throw error;
  }
}

/** Reads the request in a function of its own: whoever waits for the answer does not hold the body. */
async function requestOf(
  { req, res, memberId }: { req: IncomingMessage; res: ServerResponse; memberId: string },
  options: CallsOptions,
): Promise<ResponseRequest> {
  const body = await readCallBody(req, options);
  await options.remoteUrls?.fetchInto(body.input, 'input', { memberId, res });
  return readResponseRequest(body);
}

/** @throws CallError, DomainError: nothing was stored, held or started */
async function start(
  exchange: { req: IncomingMessage; res: ServerResponse },
  options: CallsOptions,
  viewer: Viewer,
  { model: name, input, house, isStored }: ResponseRequest,
): Promise<AnswerUnderWay> {
  const model = resolveModelName(options.offer.now.catalogue, name);
  await requireRoom(model, input, 'input');
  try {
    return await startCall(exchange, options, viewer, {
      input: { ...input, modelId: model.id, givesImages: true },
      house,
      isStored,
    });
  } catch (error) {
    throw ofInput(error);
  }
}

/** This protocol calls the messages its input. */
function ofInput(error: unknown): unknown {
  if (error instanceof CallError && error.problem.field?.startsWith('messages')) {
    return new CallError({ ...error.problem, field: error.problem.field.replace('messages', 'input') });
  }
  // Of the messages only their length is found wrong after they were read.
  const isLength = error instanceof InvalidInputError && error.field === 'messages';
  return isLength ? new CallError(problem('tooLong', error.message, { field: 'input' })) : error;
}

async function stream(res: ServerResponse, answer: AnswerUnderWay, request: ResponseRequest): Promise<void> {
  const news = await firstNews(answer);
  const refusal = news === 'begun' ? null : problemOfEnd(news);
  if (refusal || res.destroyed) {
    answer.reader.close();
    if (news !== 'begun') tellCreditsOfRefused(res, news);
    if (refusal) refuseCall(res, refusal);
    return;
  }
  tellCreditsAtEnd(res, answer);
  // What follows is written past the response, which would otherwise keep its head back.
  res.writeHead(200, eventStreamHeaders).flushHeaders();
  await streamAnswer(res, answer, new ResponseStreamEncoder(outputOptions(answer, request)));
}

async function sendWhole(res: ServerResponse, answer: AnswerUnderWay, request: ResponseRequest): Promise<void> {
  const { reader, ended } = answer;
  // Nothing is written until the model has ended, which it must within limits of its own.
  res.setTimeout(0);
  try {
    const end = await ended;
    if (res.destroyed) return;
    const { described, modelId, ...options } = outputOptions(answer, request);
    const output = new ResponseOutput({ ...options, emit: () => {} });
    do for (const piece of reader.read()) output.take(piece);
    while (reader.behind);
    output.end(end);
    const refusal = problemOfEnd(end);
    // What was written, and is paid, is given even if the answer then failed; its `error` says why.
    if (refusal && output.items.length === 0) {
      tellCreditsOfRefused(res, end);
      refuseCall(res, refusal);
      return;
    }
    if (end) tellCredits(res, end);
    await sendLongJson(res, endedResponse(described, modelId(), { end, output: output.items }), jsonHeaders);
  } finally {
    reader.close();
  }
}

function outputOptions(answer: AnswerUnderWay, { called, givesThoughts, echo }: ResponseRequest): StreamOptions {
  const { id, modelId, reader } = answer;
  return {
    bareId: bareId(id),
    called,
    givesThoughts,
    described: describe(answer, echo),
    modelId: () => reader.response.servedBy ?? modelId,
  };
}
