import type { ServerResponse } from 'node:http';
import type { CallProblem, ProblemKind } from '../calls/call-problem.ts';

/** Anthropic's names for what went wrong. */
const errorTypes: Record<ProblemKind, string> = {
  invalid: 'invalid_request_error',
  filtered: 'invalid_request_error',
  tooLong: 'invalid_request_error',
  unreadable: 'invalid_request_error',
  methodNotAllowed: 'invalid_request_error',
  unsupportedMedia: 'invalid_request_error',
  unauthenticated: 'authentication_error',
  unpaid: 'billing_error',
  forbidden: 'permission_error',
  missing: 'not_found_error',
  tooLarge: 'request_too_large',
  rateLimited: 'rate_limit_error',
  internal: 'api_error',
  upstream: 'api_error',
  overloaded: 'overloaded_error',
  timeout: 'timeout_error',
};

/** The status that Anthropic has for being overloaded, which its clients wait longer for. */
const OVERLOADED_STATUS = 529;
/** Claude Code shortens a conversation, and goes on, when it reads this. */
const TOO_LONG = 'prompt is too long';

/** Has the SDK's tool runner send its conversation whole, as it does to any server without threads. */
const NO_THREADS = { error_code: 'thread_unsupported_request' };

/** An error in Anthropic's form. */
export function toErrorBody({ kind, message, field }: CallProblem, requestId: string) {
  return {
    type: 'error',
    error: {
      type: errorTypes[kind],
      message: told(kind, field === null ? message : `${field}: ${message}`),
      ...(field === 'thread' && { details: NO_THREADS }),
    },
    request_id: requestId,
  };
}

function told(kind: ProblemKind, message: string): string {
  return kind === 'tooLong' && !message.includes(TOO_LONG) ? `${TOO_LONG}: ${message}` : message;
}

/** Answers with an error. The rest of a body that was too large is not read, so that its connection ends. */
export function refuse(res: ServerResponse, problem: CallProblem, requestId: string): void {
  const { kind, status, retryAfterSeconds } = problem;
  res.writeHead(kind === 'overloaded' ? OVERLOADED_STATUS : status, {
    'Content-Type': 'application/json; charset=utf-8',
    // Claude Code tries again for minutes with a wrong key if it is not told.
    ...(status < 500 && kind !== 'rateLimited' && { 'X-Should-Retry': 'false' }),
    ...(retryAfterSeconds !== null && { 'Retry-After': retryAfterSeconds }),
    ...(kind === 'methodNotAllowed' && { Allow: 'POST' }),
    ...(kind === 'tooLarge' && { Connection: 'close' }),
  });
  res.end(JSON.stringify(toErrorBody(problem, requestId)));
}
