import type { ExecutionArgs, GraphQLError } from 'graphql';
import { getOperationAST } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import type { Logger } from 'pino';
import { named, noteRequest } from '../errors.ts';
import type { GraphQLContext, OperationOrigin, ServerContext } from '../ground/context.ts';

/** The origin of an operation that this process itself asks for, perhaps to answer a request for a page. */
export function originOf(request: Request | undefined): OperationOrigin {
  const requestId = request?.headers.get('x-request-id') ?? 'internal';
  return { requestId, traceparent: null, tracestate: null, operation: null };
}

/** Puts the request's name into the errors that are answered, and the operation's name into the request's line. */
export function nameRequests(log: Logger): Plugin<GraphQLContext & ServerContext> {
  return {
    onExecute({ args }) {
      const { origin, res, address } = args.contextValue;
      const startedAt = performance.now();
      origin.operation = operationNameOf(args);
      return {
        onExecuteDone({ result }) {
          if (isAsyncIterable(result)) return;
          for (const error of result.errors ?? []) noteRequest(error, origin.requestId);
          // The lines of requests and of sockets' operations are written when their answers are out.
          if (res || address !== undefined) return;
          const durationMs = Math.round(performance.now() - startedAt);
          log.debug({ requestId: origin.requestId, operation: origin.operation, durationMs }, 'A page asked.');
        },
      };
    },
    onSubscribe({ args }) {
      const { origin } = args.contextValue;
      origin.operation = operationNameOf(args);
      return {
        onSubscribeResult: () => ({
          onNext: ({ result }) => {
            if (!isAsyncIterable(result)) nameAll(result.errors, origin.requestId);
          },
        }),
      };
    },
    onResultProcess({ result, request, serverContext }) {
      if (isAsyncIterable(result) || Array.isArray(result)) return;
      const { origin = originOf(request) } = serverContext as ServerContext;
      nameAll(result.errors, origin.requestId);
    },
  };
}

function nameAll(errors: readonly GraphQLError[] | undefined, requestId: string): void {
  for (const error of errors ?? []) named(error, requestId);
}

const NAME_LENGTH_MAX = 100;

/** Null: the operation has no name. */
export function operationNameOf({ document, operationName }: Pick<ExecutionArgs, 'document' | 'operationName'>) {
  const name = operationName ?? getOperationAST(document)?.name?.value ?? null;
  return name?.slice(0, NAME_LENGTH_MAX) ?? null;
}
