import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { recordOf } from './request-record.ts';

/** Routes that are asked again and again, by programs that watch. */
const watchedRoutes: ReadonlySet<string> = new Set(['health', 'metrics', 'graphiql']);

/**
 * Writes a line when the request's answer is out, or its client has left. It names the route and never the path, since
 * paths may have secrets in them.
 *
 * @param route the route's name; null: a page or a file of the web app
 */
export function logRequest(
  req: IncomingMessage,
  res: ServerResponse,
  { route, log }: { route: string | null; log: Logger },
) {
  const startedAt = performance.now();
  res.once('close', () => {
    const record = recordOf(req);
    const { requestId, memberId, apiKeyId, operation } = record;
    const status = res.headersSent ? res.statusCode : CLIENT_LEFT;
    const line = {
      requestId,
      route: route ?? (isPage(res) ? 'page' : 'file'),
      method: req.method,
      status,
      ...(memberId !== null && { memberId }),
      ...(apiKeyId !== null && { apiKeyId }),
      ...(operation !== null && { operation }),
      ...(!res.writableFinished && { brokenOff: true }),
      durationMs: Math.round((performance.now() - startedAt) * 10) / 10,
    };
    log[levelOf(line)](line, 'A request was answered.');
  });
}

/** nginx's status for a request whose client left before its answer. */
const CLIENT_LEFT = 499;

/** What failed in this server has a line of its own, at `error`. */
function levelOf({ route, status }: { route: string; status: number }): 'debug' | 'info' | 'warn' {
  if (status >= 500) return 'warn';
  return watchedRoutes.has(route) || route === 'file' ? 'debug' : 'info';
}

function isPage(res: ServerResponse): boolean {
  return /^text\/(html|x-script)\b/.test(String(res.getHeader('content-type')));
}
