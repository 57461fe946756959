import { type Context, createTraceState, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import type { RequestOrigin } from '../../ports/observer.ts';

/** `traceparent` of W3C Trace Context: version, trace, parent, flags. A later version may have more at its end. */
const format = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** The context in which a request's spans are children of its caller's; without a caller's span, or with a wrong one, the root. */
export function remoteParent(origin: RequestOrigin | null): Context {
  const [, version, traceId, spanId, flags, rest] = format.exec(origin?.traceparent ?? '') ?? [];
  if (!traceId || !spanId || version === 'ff' || (version === '00' && rest !== undefined)) return ROOT_CONTEXT;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags ?? '00', 16) & 1,
    isRemote: true,
    ...(origin?.tracestate && { traceState: createTraceState(origin.tracestate) }),
  });
}
