import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ExecutionArgs } from 'graphql';
import type { Logger } from 'pino';
import { EventStreamOutbox, eventStreamHeaders, PING_MS } from '../../delivery/event-stream-outbox.ts';
import type { TurnStream } from '../../domain/following/response-stream.ts';
import type { Viewer } from '../../domain/people/members.ts';
import { createErrorMaskOf } from '../errors.ts';
import type { OperationOrigin } from '../ground/context.ts';
import {
  type CompiledSelection,
  compileSelection,
  FastStream,
  type FastStreamOptions,
  openSource,
} from './fast-path.ts';
import { operationNameOf } from './request-names.ts';
import type { GraphQLServer } from './server.ts';

/**
 * Answers `streamResponse` with server-sent events by the fast path: the same bytes as Yoga writes (the protocol
 * graphql-sse in its mode of distinct connections).
 *
 * @returns false if nothing was answered and the request is left to Yoga
 */
export async function handleEventStream(
  req: IncomingMessage & { body?: unknown },
  res: ServerResponse,
  { log, ...asked }: AskedByRequest & { log: Logger },
): Promise<boolean> {
  const operation = await prepare(req, res, asked);
  if (!operation) return false;
  const mask = createErrorMaskOf(log, asked.origin.requestId);
  const source = await openSource(operation.args);
  // The variables are wrong, and nothing has been looked up yet: Yoga reports it.
  if (!(Symbol.asyncIterator in source) && source.errors?.every(({ path }) => !path)) return false;
  if (res.destroyed) {
    // The client left during the look-up; 'close' will not fire again.
    if (Symbol.asyncIterator in source) await (source as TurnStream).return();
    return true;
  }
  res.writeHead(200, eventStreamHeaders);
  res.write(':\n\n');
  if (Symbol.asyncIterator in source) {
    await send(res, { ...operation, source: source as TurnStream, mask });
  } else {
    res.write(`event: next\ndata: ${JSON.stringify({ ...source, errors: source.errors?.map(mask) })}\n\n`);
  }
  res.end('event: complete\ndata:\n\n');
  return true;
}

interface AskedByRequest {
  yoga: GraphQLServer;
  viewer: Promise<Viewer | null>;
  origin: OperationOrigin;
}

async function send(
  res: ServerResponse,
  options: Pick<FastStreamOptions, 'source' | 'writers' | 'args' | 'mask'>,
): Promise<void> {
  const outbox = new EventStreamOutbox(res);
  const stream = new FastStream({ ...options, outbox, before: 'event: next\ndata: ', after: '\n\n' });
  const ping = setInterval(() => outbox.isOpen && res.write(':\n\n'), PING_MS);
  const left = new Promise<void>((resolve) => res.once('close', resolve));
  try {
    await Promise.race([stream.send(), left]);
  } finally {
    clearInterval(ping);
    outbox.close();
    void stream.return();
  }
}

function isObjectOrNone(value: unknown): value is Record<string, unknown> | null | undefined {
  return value == null || (typeof value === 'object' && !Array.isArray(value));
}

/** Prepares an operation; null: it is not for the fast path, or something is wrong with it. */
async function prepare(
  req: IncomingMessage & { body?: unknown },
  res: ServerResponse,
  { yoga, viewer, origin }: AskedByRequest,
): Promise<{ args: ExecutionArgs; writers: CompiledSelection } | null> {
  const { query, operationName = null, variables, extensions, ...others } = (req.body ?? {}) as Record<string, unknown>;
  if (req.method !== 'POST' || typeof query !== 'string' || !query.includes('streamResponse')) return null;
  if (operationName !== null && typeof operationName !== 'string') return null;
  if (!isObjectOrNone(variables) || !isObjectOrNone(extensions) || Object.keys(others).length > 0) return null;
  const { schema, parse, validate, contextFactory } = yoga.getEnveloped({
    viewer,
    req,
    res,
    origin,
  } as never);
  let document: ReturnType<typeof parse>;
  try {
    document = parse(query);
  } catch {
    return null;
  }
  const writers = compileSelection(document, operationName);
  if (!writers || validate(schema, document).length > 0) return null;
  const variableValues = variables ?? {};
  origin.operation = operationNameOf({ document, operationName });
  try {
    const contextValue = await contextFactory();
    return { writers, args: { schema, document, operationName, variableValues, contextValue } };
  } catch {
    return null;
  }
}
