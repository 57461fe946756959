import type { IncomingMessage, ServerResponse } from 'node:http';
import type { z } from 'zod';
import type { Viewer } from '../../domain/people/members.ts';
import { CallError, problem } from '../calls/call-problem.ts';
import { type CallsOptions, readCallBody, requireViewer } from '../calls/call-request.ts';

/** One operation of the REST API. Its requests are checked by the same schemas that describe it. */
export interface Operation {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** With its parameters in braces: `/api/v1/conversations/{id}`. A slash at its end makes no difference. */
  path: string;
  tag: string;
  summary: string;
  description?: string;
  scope: 'READ' | 'PROMPT';
  /** What each parameter of the path is. */
  parameters?: Readonly<Record<string, string>>;
  query?: z.ZodObject;
  /** Absent: the request has no body. */
  body?: z.ZodType;
  answer: Answer;
  /** Statuses of refusals beside 401, 403, 405 and 500, and with a body 413, 415 and 429. */
  refusals: readonly number[];
  /** A request to try, as JSON. */
  example?: unknown;
  /** Answers the request, or throws what refuses it. */
  handle(asked: Asked, options: CallsOptions): Promise<void>;
}

interface Answer {
  status: number;
  description: string;
  /** Null: the answer has no body, or is a stream. */
  schema: z.ZodType | null;
  /** Default: application/json. */
  mediaType?: string;
  headers?: DescribedHeaders;
}

export type DescribedHeaders = Readonly<Record<string, { description: string; type: 'integer' | 'string' }>>;

/** A request as an operation gets it: checked, and with a viewer who may make it. */
export interface Asked {
  req: IncomingMessage;
  res: ServerResponse;
  viewer: Viewer;
  parameters: Readonly<Record<string, string>>;
  // biome-ignore lint/suspicious/noExplicitAny: of the type of the operation's own schema, which has just parsed it
  query: any;
  // biome-ignore lint/suspicious/noExplicitAny: see query
  body: any;
}

/** The parameters of a path that an operation matches, or null. */
export function matchPath(template: string, path: string): Record<string, string> | null {
  const wanted = template.split('/');
  const given = path.replace(/\/$/, '').split('/');
  if (wanted.length !== given.length) return null;
  const parameters: Record<string, string> = {};
  for (const [index, segment] of wanted.entries()) {
    const name = /^\{(\w+)\}$/.exec(segment)?.[1];
    if (name === undefined) {
      if (segment !== given[index]) return null;
    } else parameters[name] = decoded(given[index] ?? '');
  }
  return parameters;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/**
 * Checks who asks and what, and lets the operation answer.
 *
 * @throws CallError, DomainError
 */
export async function perform(
  operation: Operation,
  { req, res, parameters }: Pick<Asked, 'req' | 'res' | 'parameters'>,
  options: CallsOptions,
): Promise<void> {
  const viewer = await requireViewer(req, options, operation.scope);
  const { searchParams } = new URL(req.url ?? '/', 'http://localhost');
  const query = operation.query && checked(operation.query, Object.fromEntries(searchParams));
  const body = operation.body && checked(operation.body, await readCallBody(req, options));
  await operation.handle({ req, res, viewer, parameters, query, body }, options);
}

/** @throws CallError that names the first field that is wrong */
function checked(schema: z.ZodType, value: unknown): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.join('.') || null;
  const message = issue?.message ?? 'The request is wrong.';
  throw new CallError(problem('invalid', field ? `${field}: ${message}` : message, { field }));
}

export function sendJson(res: ServerResponse, status: number, body: unknown): void {
  res.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' });
  res.end(JSON.stringify(body));
}
