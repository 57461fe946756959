import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface Metrics {
  registry: Registry;
  /** Measures a request from now until its answer is out. `route`: a fixed word such as `graphql`, never a path with ids. */
  observe(req: IncomingMessage, res: ServerResponse, route: string): void;
  /** Adds a figure that is read whenever somebody asks for the metrics. */
  gauge(name: string, help: string, read: () => number): void;
  /** Answers GET /metrics. */
  handle(req: IncomingMessage, res: ServerResponse): Promise<void>;
}

/**
 * Serves figures in Prometheus' text format. They are for the operator: a request must bear `token`, or come from a
 * program on this machine without a proxy. Nobody else learns that there are figures.
 *
 * @param options `proxied`: whether a proxy stands before this server, so that no request is known to be from this
 * machine
 */
export function createMetrics(options: { token: string | null; proxied: boolean }): Metrics {
  const registry = new Registry();
  const ofProcess = figuresOfProcess();
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
        res.end(await Registry.merge([ofProcess, registry]).metrics());
      } else {
        res.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' }).end('Not found\n');
      }
    },
  };
}

let processFigures: Registry | undefined;

/** The figures of this process, whatever apps it holds: what measures them cannot be switched off, and is made once. */
function figuresOfProcess(): Registry {
  if (!processFigures) {
    processFigures = new Registry();
    // The loop's lag is measured ten times a second, not a hundred: each time wakes the process, even an idle one.
    collectDefaultMetrics({ register: processFigures, eventLoopMonitoringPrecision: 100 });
  }
  return processFigures;
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
 * A proxy on this machine comes from the loopback address too. It may say so by any of a dozen headers; nginx by
 * default sends none of them and speaks HTTP/1.0. So a request counts only if all its headers are ones that programs
 * which read figures send by themselves.
 */
function isFromThisMachine(req: IncomingMessage): boolean {
  const { headers, socket, httpVersion } = req;
  const loopback = /^(127\.|::1$|::ffff:127\.)/.test(socket.remoteAddress ?? '');
  const ownName = /^(localhost|127\.[\d.]+|\[::1\])(:\d+)?$/i.test(headers.host ?? '');
  return loopback && ownName && httpVersion === '1.1' && Object.keys(headers).every((name) => plainHeaders.has(name));
}

/**
 * Headers that Prometheus, curl and Node send. A browser adds `sec-fetch-site`: a page that reads figures through it is
 * not the operator.
 */
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
