import type { IncomingMessage, ServerResponse } from 'node:http';
import { InvalidInputError } from '../../domain/ground/errors.ts';
import { type CallProblem, type ProblemKind, problem, problemOf } from '../calls/call-problem.ts';

/** An error in the words of OpenAI's API, whose SDKs choose the class of an exception by the status that goes with it. */
export interface OpenAIError {
  message: string;
  type: string;
  /** The field of the request that is wrong; null: none, or not one alone. */
  param: string | null;
  code: string | null;
}

const words: Record<ProblemKind, { type: string; code: string | null }> = {
  invalid: { type: 'invalid_request_error', code: null },
  filtered: { type: 'invalid_request_error', code: 'content_filter' },
  unreadable: { type: 'invalid_request_error', code: 'file_not_readable' },
  tooLong: { type: 'invalid_request_error', code: 'context_length_exceeded' },
  unauthenticated: { type: 'invalid_request_error', code: 'invalid_api_key' },
  unpaid: { type: 'insufficient_quota', code: 'insufficient_quota' },
  forbidden: { type: 'invalid_request_error', code: 'insufficient_permissions' },
  missing: { type: 'invalid_request_error', code: 'not_found' },
  methodNotAllowed: { type: 'invalid_request_error', code: 'method_not_supported' },
  tooLarge: { type: 'invalid_request_error', code: 'request_too_large' },
  unsupportedMedia: { type: 'invalid_request_error', code: 'unsupported_content_type' },
  rateLimited: { type: 'requests', code: 'rate_limit_exceeded' },
  overloaded: { type: 'server_error', code: 'overloaded' },
  timeout: { type: 'server_error', code: 'timeout' },
  upstream: { type: 'server_error', code: 'upstream_error' },
  internal: { type: 'server_error', code: null },
};

export function openAIError({ kind, message, field }: CallProblem): OpenAIError {
  const { type, code } = words[kind];
  const isModel = kind === 'missing' && field === 'model';
  return { message, type, param: field, code: isModel ? 'model_not_found' : code };
}

/** Answers with the problem as OpenAI would: `{"error": {…}}` under its status. */
export function refuseCall(res: ServerResponse, refusal: CallProblem): void {
  if (refusal.retryAfterSeconds !== null) res.setHeader('Retry-After', Math.ceil(refusal.retryAfterSeconds));
  // The rest of the body is still on its way: the connection cannot be used again.
  if (refusal.kind === 'tooLarge') res.setHeader('Connection', 'close');
  sendJson(res, refusal.status, { error: openAIError(refusal) });
}

export const jsonHeaders = { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' };

export function sendJson(res: ServerResponse, status: number, body: unknown): void {
  res.writeHead(status, jsonHeaders);
  res.end(JSON.stringify(body));
}

type Handler = (req: IncomingMessage, res: ServerResponse) => Promise<void>;
type Refuse = (res: ServerResponse, refusal: CallProblem) => void;

/**
 * A handler whose errors are answered in OpenAI's words. A fault of this server is answered without a word about it,
 * and thrown on, so that the app logs it.
 *
 * @param refuseFor how a request is refused that is not OpenAI's
 */
export function inOpenAIsWords(
  handle: Handler,
  refuseFor: (req: IncomingMessage) => Refuse = () => refuseCall,
): Handler {
  return async (req, res) => {
    try {
      await handle(req, res);
    } catch (error) {
      const known = problemIn(error);
      if (res.headersSent) res.destroy();
      else if (!res.destroyed)
        refuseFor(req)(res, known ?? problem('internal', 'This server failed. Its log says why.'));
      if (!known) throw error;
    }
  };
}

function problemIn(error: unknown): CallProblem | null {
  const known = problemOf(error);
  // Of the messages only their length is found wrong after they were read.
  const isLength = error instanceof InvalidInputError && error.field === 'messages';
  return isLength ? problem('tooLong', error.message, { field: error.field }) : known;
}
