import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface Metrics {
  registry: Registry;
  /** Measures a request from now until its answer is out. `route`: a fixed word such as `graphql`, never a path with ids. */
  observe(req: IncomingMessage, res: ServerResponse, route: string): void;
  /** A figure that is read whenever somebody asks. */
  gauge(name: string, help: string, read: () => number): void;
  /** Answers GET /metrics. */
  handle(req: IncomingMessage, res: ServerResponse): Promise<void>;
}

/**
 * Prometheus' text format. Figures are the operator's: they are read with `token` as bearer, or by a program on this
 * machine that came through no proxy. Nobody else learns that there are any.
 *
 * @param options `proxied`: a proxy stands before this server, so that nobody is known to be on this machine
 */
export function createMetrics(options: { token: string | null; proxied: boolean }): Metrics {
  const registry = new Registry();
  // Ten looks a second at the loop's lag, not a hundred: each wakes the process, also one that has nothing to do.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 });
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'From the request to the end of its answer; a stream ends with its last event.',
    labelNames: ['route', 'method', 'status'],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60],
    registers: [registry],
  });

  return {
    registry,
    observe(req, res, route) {
      const end = duration.startTimer({ route, method: knownMethods.has(req.method ?? '') ? req.method : 'OTHER' });
      res.once('close', () => end({ status: res.statusCode }));
    },
    gauge(name, help, read) {
      new Gauge({
        name,
        help,
        registers: [registry],
        collect() {
          this.set(read());
        },
      });
    },
    async handle(req, res) {
      if (hasToken(req, options.token) || (!options.proxied && isFromThisMachine(req))) {
        res.writeHead(200, { 'Content-Type': registry.contentType, 'Cache-Control': 'no-store' });
        res.end(await registry.metrics());
      } else {
        res.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' }).end('Not found\n');
      }
    },
  };
}

const knownMethods = new Set(['GET', 'HEAD', 'POST', 'OPTIONS', 'PUT', 'PATCH', 'DELETE']);

/** Whether the request bears the operator's token. */
export function hasToken(req: IncomingMessage, token: string | null): boolean {
  const given = /^bearer\s+(\S+)$/i.exec(req.headers.authorization ?? '')?.[1];
  return token !== null && given !== undefined && timingSafeEqual(sha256(given), sha256(token));
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/**
 * A proxy on this machine comes from the loopback address too, and may say so by any of a dozen headers, or by none and
 * HTTP/1.0, as nginx does unless it is told otherwise. So a request counts only if it has no header but those that
 * programs which read figures send of themselves.
 */
function isFromThisMachine(req: IncomingMessage): boolean {
  const { headers, socket, httpVersion } = req;
  const loopback = /^(127\.|::1$|::ffff:127\.)/.test(socket.remoteAddress ?? '');
  const ownName = /^(localhost|127\.[\d.]+|\[::1\])(:\d+)?$/i.test(headers.host ?? '');
  return loopback && ownName && httpVersion === '1.1' && Object.keys(headers).every((name) => plainHeaders.has(name));
}

/** Prometheus', curl's and Node's. A browser adds `sec-fetch-site`: a page that reads figures through it is not the operator. */
const plainHeaders = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'authorization',
  'cache-control',
  'connection',
  'host',
  'if-none-match',
  'pragma',
  'range',
  'sec-fetch-mode',
  'traceparent',
  'tracestate',
  'user-agent',
  'x-prometheus-scrape-timeout-seconds',
]);
