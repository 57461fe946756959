import type { AnswerEnd } from '../../domain/following/answer-under-way.ts';
import {
  DomainError,
  FileNotReadableError,
  ForbiddenError,
  InsufficientCreditsError,
  InvalidInputError,
  ModelUnavailableError,
  NotFoundError,
  RateLimitError,
  TierLimitError,
} from '../../domain/ground/errors.ts';

/** Why a program gets no answer, before a protocol puts it into its own words. */
export interface CallProblem {
  status: number;
  kind: ProblemKind;
  message: string;
  /** The field of the request that is wrong; null: none, or not one alone. */
  field: string | null;
  /** Null: no wait would help, or nobody knows how long. */
  retryAfterSeconds: number | null;
}

export type ProblemKind =
  | 'invalid'
  | 'unauthenticated'
  | 'unpaid'
  | 'forbidden'
  | 'missing'
  | 'tooLarge'
  | 'tooLong'
  | 'unreadable'
  | 'unsupportedMedia'
  | 'methodNotAllowed'
  | 'rateLimited'
  | 'filtered'
  | 'overloaded'
  | 'timeout'
  | 'upstream'
  | 'internal';

const statuses: Record<ProblemKind, number> = {
  invalid: 400,
  filtered: 400,
  tooLong: 400,
  unreadable: 400,
  unauthenticated: 401,
  unpaid: 402,
  forbidden: 403,
  missing: 404,
  methodNotAllowed: 405,
  tooLarge: 413,
  unsupportedMedia: 415,
  rateLimited: 429,
  internal: 500,
  upstream: 502,
  overloaded: 503,
  timeout: 504,
};

export function problem(kind: ProblemKind, message: string, more: Partial<CallProblem> = {}): CallProblem {
  return { status: statuses[kind], kind, message, field: null, retryAfterSeconds: null, ...more };
}

/** A request that a protocol cannot take; thrown by the reading of its body. */
export class CallError extends Error {
  override readonly name = 'CallError';
  readonly problem: CallProblem;

  constructor(refusal: CallProblem) {
    super(refusal.message);
    this.problem = refusal;
  }
}

export function invalid(field: string, message: string): CallError {
  return new CallError(problem('invalid', message, { field }));
}

/** What a thrown error tells a program; null: it is a fault of this server, which says no more than that it is one. */
export function problemOf(error: unknown): CallProblem | null {
  if (error instanceof CallError) return error.problem;
  if (!(error instanceof DomainError)) return null;
  const { message } = error;
  if (error instanceof RateLimitError) {
    return problem('rateLimited', message, { retryAfterSeconds: error.retryAfterSeconds });
  }
  if (error instanceof InsufficientCreditsError) return problem('unpaid', message);
  if (error instanceof NotFoundError) return problem('missing', message);
  if (error instanceof ModelUnavailableError) return problem('missing', message, { field: 'model' });
  if (error instanceof TierLimitError || error instanceof ForbiddenError) return problem('forbidden', message);
  if (error instanceof FileNotReadableError) return problem('unreadable', message, { field: error.field });
  if (error instanceof InvalidInputError) return problem('invalid', message, { field: error.field });
  return problem('invalid', message);
}

/** Why an answer failed; null: it did not. A stopped one is whole as far as it goes. */
export function problemOfEnd(end: AnswerEnd | null): CallProblem | null {
  if (end === null) return problem('internal', 'The server lost this answer. Ask again.');
  const { status, failure, retryAfterMs } = end.outcome;
  if (status === 'INTERRUPTED') return problem('overloaded', 'The server is restarting. Ask again in a few seconds.');
  if (!failure) return null;
  const kind = kinds[failure.code];
  const retryAfterSeconds =
    retryAfterMs !== null && retryAfterMs > 0
      ? Math.ceil(retryAfterMs / 1000)
      : kind === 'rateLimited'
        ? RATE_LIMITED_SECONDS
        : null;
  return problem(kind, failure.message, { retryAfterSeconds });
}

/** How long a program is told to wait for a provider that has too many requests, and does not say until when. */
const RATE_LIMITED_SECONDS = 2;

/**
 * The key of a provider is the operator's and not the caller's, so that a provider's own 401 or 402 is no fault of the
 * program: it is told that the server behind this one failed.
 */
const kinds: Record<NonNullable<AnswerEnd['outcome']['failure']>['code'], ProblemKind> = {
  AUTHENTICATION: 'upstream',
  QUOTA_EXCEEDED: 'upstream',
  MODEL_NOT_FOUND: 'upstream',
  RATE_LIMITED: 'rateLimited',
  OVERLOADED: 'overloaded',
  INVALID_REQUEST: 'invalid',
  CONTEXT_TOO_LONG: 'tooLong',
  CONTENT_FILTERED: 'filtered',
  TIMEOUT: 'timeout',
  CONNECTION: 'upstream',
  SOURCES_MISSING: 'invalid',
  INSUFFICIENT_CREDITS: 'invalid',
  PROVIDER_ERROR: 'upstream',
  FILE_UNAVAILABLE: 'overloaded',
  INTERNAL: 'internal',
};
