import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { basePathOf, type Config, createAppOf, createLog, loadConfig, openParts } from '@polylogue/server';
import { createProxyServer } from 'httpxy';
import type { Log } from './app/graphql/load-context.ts';

/** The API that the web's process uses: it runs in this process, or on another server. */
export interface Api {
  request(request: IncomingMessage, response: ServerResponse, next: () => void): void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, next: () => void): void;
  /** Answers a loader's request for /graphql. */
  fetch(request: Request): Promise<Response>;
  close(): Promise<void>;
}

/**
 * Opens the API that the environment and the file `.env` in `directory` configure: the server at `API_URL` if it is set,
 * else an API in this process. Throws a ConfigError that names the mistake.
 */
export async function openApi(
  environment: Record<string, string | undefined>,
  directory?: string,
): Promise<{ api: Api; config: Config; log: Log }> {
  const config = loadConfig(environment, directory);
  if (config.apiUrl !== null) {
    const log = await createLog({ level: config.logLevel, logDir: config.logDir });
    return { api: proxiedApi(config.apiUrl, log, basePathOf(config.publicUrl)), config, log };
  }
  const parts = await openParts(config);
  return { api: await createAppOf(parts), config: parts.config, log: parts.log };
}

/** The paths that the API answers, or refuses in words for programs. */
const apiPath = /^\/(graphql|api|v1|chat|health|ready|metrics|export|files|s\/[\w-]+\/files)(\/|\?|$)/;

/** How long a connection to the API is silent before it is probed. */
const PROBE_MS = 30_000;

/** The API of the server at `url`. Its paths and its sockets are proxied, so that the browser sees one origin. */
export function proxiedApi(url: string, log: Log, basePath = ''): Api {
  const target = new URL(url);
  const { protocol, host, port } = target;
  // If the proxy got the URL as text, it would look up an IPv6 address with its brackets, as if it were a name.
  const hostname = target.hostname.replace(/^\[|\]$/g, '');
  const proxy = createProxyServer({
    target: { protocol, host, hostname, port },
    xfwd: true,
    changeOrigin: isAskedByName(target),
  });
  // Silence is no sign that this server or the way to it is gone, so the connection is probed.
  proxy.on('proxyReq', (asked) => asked.setSocketKeepAlive(true, PROBE_MS));
  proxy.on('proxyRes', (_answer, _request, response) => {
    // The head is set when this listener returns. A program reads the status of a stream before its first piece.
    if ('flushHeaders' in response) queueMicrotask(() => response.headersSent || response.flushHeaders());
  });
  proxy.on('end', (_request, response, answer) => {
    // What a stream cost is told after its end. These listeners run before the response is ended.
    if ('addTrailers' in response && !response.writableEnded) response.addTrailers(answer.trailers);
  });
  proxy.on('error', (err, _request, response) => {
    // The client has left: that is no error.
    if (!response || response.closed) return;
    const begun = 'headersSent' in response ? response.headersSent : response.bytesWritten > 0;
    log.error({ err }, `The API at ${target.origin} ${begun ? 'broke off' : 'cannot be reached'}.`);
    // Half a response that ends in good order would look like a whole one.
    if (begun || !('writeHead' in response)) response.destroy();
    else response.writeHead(502).end();
  });
  // The path has lost its base before it comes here, and the API has the same PUBLIC_URL.
  const prefix: Record<string, string> = basePath === '' ? {} : { 'x-forwarded-prefix': basePath };
  return {
    request(request, response, next) {
      if (!apiPath.test(request.url ?? '')) return next();
      // The API decides how long an answer may be silent: a program may wait for minutes for a whole one.
      response.setTimeout(0);
      void proxy.web(request, response, { headers: { ...prefix, ...forwarded(request) } });
    },
    upgrade(request, socket, head, next) {
      if (!apiPath.test(request.url ?? '')) return next();
      void proxy.ws(request, socket as never, { headers: { ...prefix, ...forwarded(request) } }, head);
    },
    fetch(request) {
      const { pathname, search } = new URL(request.url);
      return fetch(new Request(new URL(pathname + search, target), request));
    },
    async close() {
      // Nothing is open here: the other server ends its own work.
    },
  };
}

/**
 * Whether requests carry the server's own name as Host. The name may tell the server from others at the same address, and
 * its certificate is for that name; the server then needs PUBLIC_URL to know where its pages are. If the URL holds a bare
 * address, the browser's own Host is passed on, by which the server sees that a page of the same host is asking.
 */
function isAskedByName({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (hostname !== 'localhost' && !hostname.startsWith('[') && isIP(hostname) === 0);
}

/** This process is one of the proxies that TRUSTED_PROXIES counts, so it appends the client's address to X-Forwarded-For. */
function forwarded({ headers, socket }: IncomingMessage): Record<string, string> {
  return { 'x-forwarded-for': [headers['x-forwarded-for'] ?? [], socket.remoteAddress ?? []].flat().join(', ') };
}
