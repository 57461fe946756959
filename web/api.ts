import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Config, createApp, createLog, loadConfig, openParts } from '@polylogue/server';
import { createProxyServer } from 'httpxy';
import type { Log } from './app/graphql/load-context.ts';

/** The API as the web's process sees it: its own, or another server's. */
export interface Api {
  request(request: IncomingMessage, response: ServerResponse, next: () => void): void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, next: () => void): void;
  /** For loaders: a request for /graphql. */
  fetch(request: Request): Promise<Response>;
  close(): Promise<void>;
}

/**
 * The API that the environment and the file `.env` in `directory` configure: that of the server at `API_URL`, else one
 * in this process. Throws a ConfigError that names what is wrong.
 */
export async function openApi(
  environment: Record<string, string | undefined>,
  directory?: string,
): Promise<{ api: Api; config: Config; log: Log }> {
  const config = loadConfig(environment, directory);
  if (config.apiUrl !== null) {
    const log = await createLog({ level: config.logLevel, logDir: config.logDir });
    return { api: proxiedApi(config.apiUrl, log), config, log };
  }
  const parts = await openParts(config);
  return { api: await createApp(parts), config: parts.config, log: parts.log };
}

const apiPath = /^\/(graphql|api\/auth|health|ready|metrics|export)(\/|\?|$)/;

/** The API of the server at `url`: its paths and its sockets are handed on, so that the browser sees one origin. */
export function proxiedApi(url: string, log: Log): Api {
  const target = new URL(url);
  const { protocol, host, port } = target;
  // As text, an IPv6 address would be looked up with its brackets, as if it were a name.
  const hostname = target.hostname.replace(/^\[|\]$/g, '');
  const proxy = createProxyServer({
    target: { protocol, host, hostname, port },
    xfwd: true,
    changeOrigin: isAskedByName(target),
  });
  proxy.on('error', (err, _request, response) => {
    // A reader who left is no fault.
    if (!response || response.closed) return;
    const begun = 'headersSent' in response ? response.headersSent : response.bytesWritten > 0;
    log.error({ err }, `The API at ${target.origin} ${begun ? 'broke off' : 'cannot be reached'}.`);
    // Ended in good order, half an answer would look like a whole one.
    if (begun || !('writeHead' in response)) response.destroy();
    else response.writeHead(502).end();
  });
  return {
    request(request, response, next) {
      if (!apiPath.test(request.url ?? '')) return next();
      void proxy.web(request, response, { headers: forwarded(request) });
    },
    upgrade(request, socket, head, next) {
      if (!apiPath.test(request.url ?? '')) return next();
      void proxy.ws(request, socket as never, { headers: forwarded(request) }, head);
    },
    fetch(request) {
      const { pathname, search } = new URL(request.url);
      return fetch(new Request(new URL(pathname + search, target), request));
    },
    async close() {
      // What it has to bring to an end is the other server's.
    },
  };
}

/**
 * Whether the server is asked by its own name, which may tell it from others at the same address, and which its
 * certificate is for. It then has to know where its pages are found (PUBLIC_URL). A bare address tells nothing apart:
 * there the browser's own Host is handed on, by which the server sees that a page of the same host is asking.
 */
function isAskedByName({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (hostname !== 'localhost' && !hostname.startsWith('[') && isIP(hostname) === 0);
}

/** This is one of the proxies that TRUSTED_PROXIES counts: it adds who asks it to what it was told. */
function forwarded({ headers, socket }: IncomingMessage): Record<string, string> {
  return { 'x-forwarded-for': [headers['x-forwarded-for'] ?? [], socket.remoteAddress ?? []].flat().join(', ') };
}
