import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { createProxyServer } from 'httpxy';

/** The API as the web's process sees it: its own, or another server's. */
export interface Api {
  request(request: IncomingMessage, response: ServerResponse, next: () => void): void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, next: () => void): void;
  /** For loaders: a request for /graphql. */
  fetch(request: Request): Promise<Response>;
  close(): Promise<void>;
}

export interface Environment {
  [name: string]: string | undefined;
}

/** The API in this process, as the environment configures it. Throws a ConfigError that names what is wrong. */
export async function inProcessApi(environment: Environment): Promise<{ api: Api; port: number; host: string }> {
  // Loaded here, so that a web in front of another server's API carries no database.
  const { createApp, loadConfig, openParts } = await import('@polylogue/server');
  const config = loadConfig(environment);
  const api = await createApp(await openParts(config));
  return { api, port: config.port, host: config.host };
}

const apiPath = /^\/(graphql|api\/auth|v1|health|ready|metrics|export)(\/|\?|$)/;

/** The API of the server at `url`: its paths and its sockets are handed on, so that the browser sees one origin. */
export function proxiedApi(url: string, environment: Environment): { api: Api; port: number; host: string } {
  const target = new URL(url);
  const proxy = createProxyServer({ target: target.origin, xfwd: true });
  proxy.on('error', (error, _request, response) => {
    console.error(`The API at ${target.origin} cannot be reached: ${error.message}`);
    if (response && 'writeHead' in response && !response.headersSent) response.writeHead(502);
    response?.end();
  });
  return {
    port: Number(environment.PORT || 3000),
    host: environment.HOST || '0.0.0.0',
    api: {
      request(request, response, next) {
        if (!apiPath.test(request.url ?? '')) return next();
        void proxy.web(request, response);
      },
      upgrade(request, socket, head, next) {
        if (!apiPath.test(request.url ?? '')) return next();
        void proxy.ws(request, socket as never, {}, head);
      },
      fetch(request) {
        const { pathname, search } = new URL(request.url);
        return fetch(new Request(new URL(pathname + search, target), request));
      },
      close: () => new Promise((resolve) => proxy.close(() => resolve())),
    },
  };
}
