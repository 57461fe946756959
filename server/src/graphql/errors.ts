import { GraphQLError } from 'graphql';
import type { Logger } from 'pino';
import {
  type CreditLimit as CreditLimitName,
  DomainError,
  FileInUseError,
  FileNotReadableError,
  ForbiddenError,
  InsufficientCreditsError,
  InvalidInputError,
  ModelUnavailableError,
  NotFoundError,
  RateLimitError,
  type RateLimit as RateLimitName,
  TierLimitError,
} from '../domain/ground/errors.ts';
import { encodeGlobalId } from '../domain/ground/global-ids.ts';
import { builder } from './ground/builder.ts';
import { TierId } from './model.ts';

export const ErrorInterface = builder.interfaceRef<Error>('Error').implement({
  fields: (t) => ({ message: t.exposeString('message') }),
});

const CreditLimit = builder.enumType('CreditLimit', {
  description: 'Where credits are missing.',
  values: {
    ACCOUNT: { description: 'On the member’s account.' },
    TEAM: { description: 'On the account of the team that is to pay.' },
    TEAM_MEMBER: { description: 'In what the member may spend of the team’s credits in a month.' },
    API_KEY: { description: 'In what the API key may spend in a month.' },
    SERVER: { description: 'In what all accounts together may spend in a month.' },
  } satisfies Record<CreditLimitName, object>,
});

const RateLimit = builder.enumType('RateLimit', {
  description: 'What was too much for now.',
  values: {
    PROMPTS_PER_MINUTE: { description: 'Prompts within a minute, by the tier.' },
    ANSWERS_AT_ONCE: { description: 'Answers that are being written for the member.' },
    OFTEN: { description: 'The same act of the same caller.' },
    SERVER_BUSY: { description: 'The work of this server for everybody, or it restarts.' },
  } satisfies Record<RateLimitName, object>,
});

builder.objectType(InsufficientCreditsError, {
  name: 'InsufficientCreditsError',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    required: t.expose('required', { type: 'Credits', description: 'The most that the prompt may cost.' }),
    available: t.expose('available', { type: 'Credits' }),
    creditLimit: t.expose('creditLimit', { type: CreditLimit }),
  }),
});

builder.objectType(TierLimitError, {
  name: 'TierLimitError',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    requiredTier: t.expose('requiredTier', {
      type: TierId,
      nullable: true,
      description: 'The lowest tier that allows it; null if none does.',
    }),
    missingModelId: t.exposeID('missingModelId', {
      nullable: true,
      description: 'The model that the tier lacks; null: it allows fewer models at once.',
    }),
  }),
});

builder.objectType(RateLimitError, {
  name: 'RateLimitError',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    retryAfterSeconds: t.exposeInt('retryAfterSeconds'),
    rateLimit: t.expose('rateLimit', { type: RateLimit }),
  }),
});

builder.objectType(ModelUnavailableError, {
  name: 'ModelUnavailableError',
  interfaces: [ErrorInterface],
  fields: (t) => ({ modelId: t.exposeID('modelId') }),
});

builder.objectType(InvalidInputError, {
  name: 'InvalidInputError',
  interfaces: [ErrorInterface],
  fields: (t) => ({ field: t.exposeString('field') }),
});

builder.objectType(FileNotReadableError, {
  name: 'FileNotReadableError',
  description: 'The model can read neither the file nor a text of it.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    modelId: t.exposeID('modelId'),
    fileId: t.id({ resolve: ({ fileId }) => encodeGlobalId('File', fileId) }),
  }),
});

builder.objectType(NotFoundError, { name: 'NotFoundError', interfaces: [ErrorInterface] });

const codes: [new (...args: never[]) => DomainError, string][] = [
  [NotFoundError, 'NOT_FOUND'],
  [ForbiddenError, 'FORBIDDEN'],
  [FileInUseError, 'FILE_IN_USE'],
  [FileNotReadableError, 'FILE_NOT_READABLE'],
  [InvalidInputError, 'BAD_USER_INPUT'],
  [ModelUnavailableError, 'MODEL_UNAVAILABLE'],
  [TierLimitError, 'TIER_LIMIT'],
  [RateLimitError, 'RATE_LIMITED'],
  [InsufficientCreditsError, 'INSUFFICIENT_CREDITS'],
];

/**
 * Turns an error outside a result union into what a client may read: a domain error keeps its code and figures, a
 * mistake in the request its code, and a fault of this server says only that it is one.
 */
export function createErrorMask(log: Logger): (error: unknown) => Error {
  return (error) => masked(error, log, undefined);
}

/** The mask for the errors of one request, whose name the client reads in each of them. */
export function createErrorMaskOf(log: Logger, requestId: string): (error: unknown) => GraphQLError {
  return (error) => named(masked(error, log, requestId), requestId);
}

/** The errors with the name of the request that they are of. */
export function named<Thrown extends GraphQLError>(error: Thrown, requestId: string): Thrown {
  // An error may be told twice, but belongs to one request.
  if (error.extensions.requestId === undefined) error.extensions.requestId = requestId;
  return error;
}

/** The requests of errors that are about to be masked by who knows no request. */
const requestIds = new WeakMap<object, string>();

/** Has the line that the mask writes about the error name the request. */
export function noteRequest(error: GraphQLError, requestId: string): void {
  if (error.originalError) requestIds.set(error.originalError, requestId);
}

function masked(error: unknown, log: Logger, requestId: string | undefined): GraphQLError {
  const cause = error instanceof GraphQLError ? error.originalError : error;
  if (cause instanceof DomainError) return toGraphQLError(cause, error);
  if (error instanceof GraphQLError && (!cause || cause instanceof GraphQLError)) return withCode(error);
  const noted = typeof cause === 'object' && cause !== null ? requestIds.get(cause) : undefined;
  log.error({ err: cause ?? error, requestId: requestId ?? noted }, 'A resolver failed.');
  return new GraphQLError('Something went wrong on this server.', {
    ...place(error),
    extensions: { code: 'INTERNAL_SERVER_ERROR' },
  });
}

function toGraphQLError(error: DomainError, thrown: unknown): GraphQLError {
  const code = codes.find(([type]) => error instanceof type)?.[1] ?? 'BAD_USER_INPUT';
  const { name, message, stack, cause, ...figures } = error;
  return new GraphQLError(message, { ...place(thrown), extensions: { code, ...figures } });
}

/** graphql-armor reports a document that asks for too much as a syntax error, in these words. */
const excess = /^Syntax Error: (.* limit of \d+ exceeded.*)/;

function withCode(error: GraphQLError): GraphQLError {
  const [, exceeded] = excess.exec(error.message) ?? [];
  if (!exceeded && error.extensions.code) return error;
  const code = exceeded
    ? 'QUERY_TOO_COMPLEX'
    : error.message.startsWith('Syntax Error')
      ? 'GRAPHQL_PARSE_FAILED'
      : 'BAD_USER_INPUT';
  const extensions = { ...error.extensions, code };
  return new GraphQLError(exceeded ?? error.message, { ...place(error), extensions });
}

function place(error: unknown) {
  return error instanceof GraphQLError
    ? { nodes: error.nodes, source: error.source, positions: error.positions, path: error.path }
    : {};
}
