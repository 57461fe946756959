import type { IncomingMessage, ServerResponse } from 'node:http';
import { CallError, type CallProblem, problem, problemOf } from '../calls/call-problem.ts';
import { recordOf } from '../request-record.ts';
import type { Route } from '../route.ts';
import type { ChatKitOptions } from './caller.ts';
import {
  clearConversations,
  createConversation,
  type JsonAnswer,
  listConversations,
  readConversation,
  readHistory,
  removeConversation,
} from './conversations.ts';
import { answerStream } from './stream.ts';

interface Endpoint {
  method: 'GET' | 'POST';
  handle(req: IncomingMessage, res: ServerResponse, options: ChatKitOptions): Promise<void>;
}

const endpoints: ReadonlyMap<string, Endpoint> = new Map([
  ['/chat/stream', { method: 'POST', handle: answerStream }],
  ['/chat/history', json('GET', readHistory)],
  ['/chat/clear', json('POST', clearConversations)],
  ['/chat/conversations', json('GET', listConversations)],
  ['/chat/conversation', json('GET', readConversation)],
  ['/chat/conversation/create', json('POST', createConversation)],
  ['/chat/conversation/delete', json('POST', removeConversation)],
]);

/** ai-chat-kit's protocol, which fastapi-ai-chat speaks too. Null: it is closed, and nothing is at its paths. */
export function createChatKitRoutes(options: ChatKitOptions | null): Route[] {
  return [
    {
      name: 'chat-kit',
      isFallback: options === null,
      matches: (path) => endpoints.has(path),
      handle: (req, res) => (options ? handle(req, res, options) : sendJson(res, 404, { detail: 'Not Found' })),
    },
  ];
}

async function handle(req: IncomingMessage, res: ServerResponse, options: ChatKitOptions): Promise<void> {
  try {
    const { method, handle } = endpoints.get(req.url?.split('?', 1)[0] ?? '') as Endpoint;
    if (req.method !== method) {
      res.setHeader('Allow', method);
      throw new CallError(problem('methodNotAllowed', `Use ${method}.`));
    }
    await handle(req, res, options);
  } catch (error) {
    const known = problemOf(error);
    // A client that goes away in the middle of its body is no fault of the server's, and is told nothing.
    if (!known && req.errored) throw error;
    if (!known)
      options.calls.log.error({ err: error, requestId: recordOf(req).requestId }, 'A program’s request failed.');
    if (res.headersSent) res.destroy();
    else refuse(res, known ?? problem('internal', 'This server failed. Its log says why.'));
  }
}

function json(method: Endpoint['method'], answer: JsonAnswer): Endpoint {
  return {
    method,
    async handle(req, res, options) {
      sendJson(res, 200, await answer(req, options));
    },
  };
}

/** Refuses as FastAPI does: a field that is wrong is named by its place in the request. */
function refuse(res: ServerResponse, { kind, status, message, field, retryAfterSeconds }: CallProblem): void {
  if (retryAfterSeconds !== null) res.setHeader('Retry-After', retryAfterSeconds);
  // The rest of such a body is still on its way: the connection cannot be used again.
  if (kind === 'tooLarge') res.setHeader('Connection', 'close');
  if (kind !== 'invalid' || field === null) {
    sendJson(res, status, { detail: message });
    return;
  }
  const place = field.split(/[.[\]]+/).filter((part) => part !== '');
  const loc = [
    res.req.method === 'GET' ? 'query' : 'body',
    ...place.map((part) => (/^\d+$/.test(part) ? Number(part) : part)),
  ];
  sendJson(res, 422, { detail: [{ type: 'value_error', loc, msg: message }] });
}

function sendJson(res: ServerResponse, status: number, value: object): void {
  res.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' }).end(JSON.stringify(value));
}
