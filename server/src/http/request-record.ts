import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Viewer } from '../domain/people/members.ts';
import type { RequestOrigin } from '../ports/observer.ts';

/** What is known of a request by now, for its line in the log. */
export interface RequestRecord extends RequestOrigin {
  /** Null: nobody is signed in, or nobody has asked. */
  memberId: string | null;
  apiKeyId: string | null;
  /** The name of the GraphQL operation. */
  operation: string | null;
}

const records = new WeakMap<IncomingMessage, RequestRecord>();

/** The request's record, made when it is first asked for. */
export function recordOf(req: IncomingMessage): RequestRecord {
  const known = records.get(req);
  if (known) return known;
  const { traceparent, tracestate } = req.headers;
  const record: RequestRecord = {
    requestId: requestIdOf(req.headers['x-request-id']),
    traceparent: typeof traceparent === 'string' && traceparent.length <= TRACE_HEADER_LENGTH_MAX ? traceparent : null,
    tracestate: typeof tracestate === 'string' && tracestate.length <= TRACE_HEADER_LENGTH_MAX ? tracestate : null,
    memberId: null,
    apiKeyId: null,
    operation: null,
  };
  records.set(req, record);
  return record;
}

/** W3C Trace Context lets a server drop what is longer. */
const TRACE_HEADER_LENGTH_MAX = 512;

/** An id that a caller may give a request: what it cannot hold would have to be masked in lines and in headers. */
const saneId = /^[\w.:=@/+-]{1,128}$/;

/** The id that the caller gives, else a new one, in the form that Anthropic's clients know. */
export function requestIdOf(given: string | string[] | null | undefined): string {
  return typeof given === 'string' && saneId.test(given) ? given : `req_${randomUUID().replaceAll('-', '')}`;
}

/** Notes who makes the request, and names the request to whatever they ask. */
export function noteViewer<Found extends Viewer | null>(req: IncomingMessage, viewer: Found): Found {
  if (!viewer) return viewer;
  const record = recordOf(req);
  record.memberId = viewer.id;
  record.apiKeyId = viewer.apiKey?.id ?? null;
  return { ...viewer, origin: record };
}
