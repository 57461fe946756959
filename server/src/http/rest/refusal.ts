import type { IncomingMessage, ServerResponse } from 'node:http';
import { type CallProblem, type ProblemKind, problem, problemOf } from '../calls/call-problem.ts';
import { sendJson } from './operation.ts';

/** Codes as GraphQL's errors have them, where they have one. */
const codes: Record<ProblemKind, string> = {
  invalid: 'BAD_USER_INPUT',
  unauthenticated: 'UNAUTHENTICATED',
  unpaid: 'INSUFFICIENT_CREDITS',
  forbidden: 'FORBIDDEN',
  missing: 'NOT_FOUND',
  tooLarge: 'PAYLOAD_TOO_LARGE',
  tooLong: 'CONTEXT_TOO_LONG',
  unreadable: 'FILE_NOT_READABLE',
  unsupportedMedia: 'UNSUPPORTED_MEDIA_TYPE',
  methodNotAllowed: 'METHOD_NOT_ALLOWED',
  rateLimited: 'RATE_LIMITED',
  filtered: 'CONTENT_FILTERED',
  overloaded: 'OVERLOADED',
  timeout: 'TIMEOUT',
  upstream: 'PROVIDER_ERROR',
  internal: 'INTERNAL_SERVER_ERROR',
};

export function refuse(res: ServerResponse, { status, kind, message, field, retryAfterSeconds }: CallProblem): void {
  if (retryAfterSeconds !== null) res.setHeader('Retry-After', Math.ceil(retryAfterSeconds));
  // The rest of the body is still on its way: the connection cannot be used again.
  if (kind === 'tooLarge') res.setHeader('Connection', 'close');
  sendJson(res, status, { error: { code: codes[kind], message, field } });
}

/** A handler whose refusals are answered as JSON. A fault of this server is thrown on, so that the app logs it. */
export function refusing(handle: (req: IncomingMessage, res: ServerResponse) => Promise<void>) {
  return async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    try {
      await handle(req, res);
    } catch (error) {
      const known = problemOf(error);
      if (!res.headersSent && !res.destroyed && !req.errored) {
        refuse(res, known ?? problem('internal', 'Something went wrong on this server.'));
      }
      if (known === null) throw error;
    }
  };
}
